"""Starts processes of our own that work at the same time as this one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any

from data_schemas.errors import RunFailed


def end_with_parent() -> None:
    """End this process when the one that started it ends, in whatever way. Otherwise, if that process was killed, this
    one would wait for work for ever.

    Ctrl-C in the terminal reaches both, and the other one says what happened.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_follow, name="parent", daemon=True).start()


@contextmanager
def processes(
    count: int = 1, begin: Callable[..., None] = end_with_parent, given: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """Processes for work that would otherwise wait for Python's lock, which the threads of one process share.

    Each calls `begin` first. Raises RunFailed if the system ends one of them.
    """
    try:
        with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=begin, initargs=given) as pool:
            yield pool
    except BrokenProcessPool:
        raise RunFailed(
            "one of its processes was ended from outside, usually because memory ran out; close other programs, or use fewer people"
        ) from None


@contextmanager
def without_ctrl_c() -> Iterator[None]:
    """Processes that start meanwhile do not receive Ctrl-C, at which each would print a traceback of its own."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _follow() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)
