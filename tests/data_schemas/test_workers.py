"""The other processes of a command end with it, even if it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest

from data_schemas.errors import RunFailed
from data_schemas.workers import processes, without_ctrl_c

WAITING = """
import os
from data_schemas.workers import processes
with processes() as pool:
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


def test_a_process_that_was_ended_from_outside_is_reported_as_such() -> None:
    with pytest.raises(RunFailed, match="usually because memory ran out"), processes() as pool:
        pool.submit(os._exit, 9).result()


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no signal masks")
def test_a_process_receives_no_ctrl_c_from_its_first_moment() -> None:
    with processes() as pool:
        with without_ctrl_c():
            blocked = pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ())
        assert signal.SIGINT in blocked.result()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
