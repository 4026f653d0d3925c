"""Ctrl-C and SIGTERM end a command within a moment, whatever it is doing: a killed run leaves the previous output or
the new one."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable
from threading import Thread

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WORDS = {
    signal.SIGINT: "Stopped (Ctrl-C)",
    signal.SIGTERM: "Stopped (SIGTERM)",
    signal.SIGHUP: "Stopped (terminal closed)",
}
SHOW_CURSOR = "\r\033[?25h"
"""Progress hides it, and stands where the line is to be."""
SHELL = 128
"""A command that a signal ended exits with this more than the signal's number, as shells have it."""


def watch(before_the_end: Callable[[], None] = lambda: None) -> None:
    """End this process at the first of the signals, from a thread of its own.

    Python runs signal handlers in the main thread and between bytecodes: in the middle of training that is minutes
    later. The number of a signal is written into a socket at once, by the interpreter's own handler in C, and the
    thread waits there.
    """
    waiting, told = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup SIGHUP stays ignored
            signal.signal(number, lambda *_: None)
    Thread(target=_end, args=(waiting, told, before_the_end), name="stopping", daemon=True).start()


def _end(waiting: socket.socket, _told: socket.socket, before_the_end: Callable[[], None]) -> None:
    while (number := waiting.recv(1)[0]) not in SIGNALS:
        pass
    try:
        if sys.stderr.isatty():
            sys.stderr.write(SHOW_CURSOR)
        words = WORDS[signal.Signals(number)]
        sys.stderr.write(f"{words}: the last complete output stands, and the next run goes on from here.\n")
        sys.stderr.flush()
        before_the_end()
    finally:
        os._exit(SHELL + number)
