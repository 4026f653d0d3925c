"""Signals end a command immediately, whatever its main thread is doing."""

from __future__ import annotations

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


@pytest.mark.parametrize(("number", "said"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_a_busy_command_ends_with_one_line_and_the_signals_code(number: signal.Signals, said: str) -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=-1, stderr=-1, text=True) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "busy\n"
        command.send_signal(number)
        _, told = command.communicate(timeout=60)
    assert command.returncode == 128 + number
    assert said in told
    assert told.count("\n") == 1
