"""Signals end a command immediately, whatever its main thread is doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

BUSY = """
import hashlib
from flows.stopping import watch
watch()
print("busy", flush=True)
hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # minutes in C: Python's own handlers would wait for its end
"""


TWO_PROCESSES = """
import os, time
from data_schemas.workers import processes
from flows.environment import prepare
from flows.stopping import watch
prepare()
watch()
with processes() as pool:
    print(pool.submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


LAST = """
import atexit
from flows.stopping import end_at_once
def work():
    atexit.register(print, "what a library does at the end")
    print("done")
    return 3
end_at_once(work)
"""


def test_a_command_ends_with_its_code_after_everything_is_written() -> None:
    ended = subprocess.run([sys.executable, "-c", LAST], capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert ended.stdout.splitlines() == ["done", "what a library does at the end"]


@pytest.mark.parametrize(("number", "said"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_a_busy_command_ends_with_one_line_and_the_signals_code(number: signal.Signals, said: str) -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=-1, stderr=-1, text=True) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "busy\n"
        command.send_signal(number)
        _, printed = command.communicate(timeout=60)
    assert command.returncode == 128 + number
    assert said in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_its_other_process_ends_with_it_and_says_nothing(number: signal.Signals) -> None:
    """As in a terminal, where every process of the command receives Ctrl-C."""
    with subprocess.Popen(
        [sys.executable, "-c", TWO_PROCESSES], stdout=-1, stderr=-1, text=True, process_group=0
    ) as command:
        assert command.stdout is not None
        command.stdout.readline()
        os.killpg(command.pid, number) if number == signal.SIGINT else command.terminate()
        _, printed = command.communicate(timeout=60)  # until every process that could print has ended
    assert printed.count("\n") == 1, printed
