"""All benchmarks, one after the other: `python -m tests.benchmarks` (`make bench`). Ratios of one run on this machine, no verdicts."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    ["tests.benchmarks.ingest"],
    ["tests.benchmarks.features"],
    ["tests.benchmarks.lists"],
    ["tests.benchmarks.models"],
)


def main() -> int:
    """Each benchmark in a process of its own, so that none weighs on the next."""
    return max(subprocess.run([sys.executable, "-m", *benchmark], check=False).returncode for benchmark in BENCHMARKS)


if __name__ == "__main__":
    sys.exit(main())
