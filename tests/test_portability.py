"""Neighbourly runs where `fcntl` and `resource` cannot be imported, as on Windows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORE = ("tests/pipeline/ingest/test_ingest.py", "tests/pipeline/test_events.py", "tests/data_schemas/test_tables.py")


def test_the_core_runs_without_modules_of_posix() -> None:
    made_up = ["-k", "not real_extracts and not artificial"]
    program = [sys.executable, "-m", "tests.without_posix", *made_up, *CORE]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
