"""Enforces `memory_limit`: a run that takes more ends by itself, before the system ends it or another program."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from threading import Thread

from data_schemas.errors import RunFailed
from data_schemas.memory import taken

EVERY_SECONDS = 0.2
_kept: dict[str, int] = {}
"""The limit that this process's monitoring thread enforces."""


def keep(limit: int | None, end: Callable[[int], object] = os._exit) -> None:
    """End this process if it takes more than `limit` bytes from now on, with exit code 1 and one line of explanation.

    The last complete output stays, as when a process is killed. A later call changes the limit.
    """
    is_watched = bool(_kept)
    if limit is None:
        _kept.clear()
        return
    _kept["limit"] = limit
    if not is_watched:
        Thread(target=_watch, args=(end,), name="memory", daemon=True).start()


def _watch(end: Callable[[int], object]) -> None:
    while (limit := _kept.get("limit")) is not None:
        if (now := taken()) > limit:
            sys.stderr.write(f"{too_much(now, limit)}\n")
            sys.stderr.flush()
            end(RunFailed.exit_code)
            return
        time.sleep(EVERY_SECONDS)


def too_much(now: int, limit: int) -> str:
    """State what happened and what to do."""
    return (
        f"The run took {now / 1e9:.2f} GB, more than [run] memory_limit ({limit / 1e9:.2f} GB), and was stopped; "
        "the last complete output is unchanged. Raise memory_limit, or use a machine with more memory, and run "
        "again: finished steps are not repeated."
    )
