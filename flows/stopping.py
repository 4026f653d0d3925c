"""Ends a command at once: on Ctrl-C and SIGTERM, whatever it is doing, and when its work is done. A killed run leaves
the previous output or the new one."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WORDS = {
    signal.SIGINT: "Stopped (Ctrl-C)",
    signal.SIGTERM: "Stopped (SIGTERM)",
    signal.SIGHUP: "Stopped (terminal closed)",
}
SHOW_CURSOR = "\r\033[?25h"
"""Terminal codes to show the cursor again, which progress hides, and to clear the progress line for the message."""
SHELL = 128
"""If a signal ends a command, its exit code is this plus the signal's number, as in shells."""


def end_at_once(work: Callable[[], int]) -> None:
    """Do the work, and end this process with its exit code, without taking the loaded libraries apart object by object:
    that takes seconds, and the system frees their memory anyway.

    What libraries do at the end, such as to send their logs, still happens first.
    """
    codes = [1]
    atexit.register(_end_now, codes)  # before everything that the work registers, so that this comes last
    codes.append(work())


def _end_now(codes: list[int]) -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads it any more, or it is closed
            stream.flush()
    os._exit(codes[-1])


def watch(before_the_end: Callable[[], None] = lambda: None) -> None:
    """End this process at the first signal, from a separate thread.

    Python runs signal handlers in the main thread and between bytecodes, which in the middle of training is minutes
    later. The interpreter's own C handler writes the number of a signal into a socket immediately, and the thread waits
    there.
    """
    waiting, signalled = socket.socketpair()
    signalled.setblocking(False)
    signal.set_wakeup_fd(signalled.fileno(), warn_on_full_buffer=False)
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup SIGHUP stays ignored
            signal.signal(number, lambda *_: None)
    Thread(target=_end, args=(waiting, signalled, before_the_end), name="stopping", daemon=True).start()


def _end(waiting: socket.socket, _signalled: socket.socket, before_the_end: Callable[[], None]) -> None:
    while (number := waiting.recv(1)[0]) not in SIGNALS:
        pass
    try:
        if sys.stderr.isatty():
            sys.stderr.write(SHOW_CURSOR)
        words = WORDS[signal.Signals(number)]
        sys.stderr.write(f"{words}: the last complete output is unchanged, and the next run continues from here.\n")
        sys.stderr.flush()
        before_the_end()
    finally:
        os._exit(SHELL + number)
