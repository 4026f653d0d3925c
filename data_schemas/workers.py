"""Starts a process of our own that works at the same time as this one."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from threading import Thread


def another_process() -> ProcessPoolExecutor:
    """A process for work that would otherwise wait for Python's lock, which the threads of one process share."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_parent)


def end_with_parent() -> None:
    """End this process when the one that started it ends, in whatever way. Python leaves it waiting for work for ever
    if the other was killed.

    Ctrl-C in the terminal reaches both, and the other one says what happened.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_follow, name="parent", daemon=True).start()


def _follow() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)
