"""Run all benchmarks, one after the other: `python -m tests.benchmarks` (`make bench`). Prints ratios from one run on
this machine, without verdicts.

`--small` does the same once with a twentieth of the people, which takes minutes and shows that everything works.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

BENCHMARKS = [
    ("ingest", [], ["--rows", "500000", "--repeats", "1"]),
    ("features", [], ["--people", "16384", "--repeats", "1"]),
    ("features", ["--scale", "80000", "320000", "1280000"], ["--scale", "8000", "32000", "--repeats", "1"]),
    ("lists", [], ["--people", "20000"]),
    ("models", [], ["--people", "16000", "--repeats", "1"]),
    ("borough", [], ["--people", "10000"]),
    ("impact", [], ["--seeds", "4"]),
]
"""Each benchmark's module, its arguments, and its arguments for a small run."""


def main() -> int:
    """Run each benchmark in its own process, so that none affects the next."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a twentieth of the people, once")
    small = parser.parse_args().small
    commands = [[f"tests.benchmarks.{name}", *(less if small else asked)] for name, asked, less in BENCHMARKS]
    return max(subprocess.run([sys.executable, "-m", *command], check=False).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main())
