"""A process that works beside a command ends with it, even if the command is killed."""

from __future__ import annotations

import subprocess
import sys

import psutil

WAITING = """
import os
from data_schemas.workers import another_process
pool = another_process()
print(pool.submit(os.getpid).result(), flush=True)
input()
"""


def test_the_other_process_ends_when_the_first_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", WAITING], stdin=-1, stdout=-1, text=True) as command:
        assert command.stdout is not None
        worker = psutil.Process(int(command.stdout.readline()))
        assert worker.is_running()
        command.kill()
    worker.wait(timeout=20)
    assert not worker.is_running()
