"""Unexpected errors become a plain message that shows where, and never a value from a record."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from data_schemas.errors import NeighbourlyError, RunFailed

Result = TypeVar("Result")
ROOT = Path(__file__).resolve().parents[1]


def describe(error: BaseException) -> str:
    """Where an unexpected error arose and of what kind it is, without its message, which may quote a record."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _ours(Path(f.filename))]
    trail = " ← ".join(f"{Path(f.filename).relative_to(ROOT)}:{f.lineno} {f.name}" for f in reversed(frames[-3:]))
    return f"{type(error).__module__}.{type(error).__qualname__} in {trail or 'a library'}"


def _ours(path: Path) -> bool:
    return path.is_relative_to(ROOT) and path.name not in {"tasks.py", "guard.py"} and ".venv" not in path.parts


def guarded(name: str, work: Callable[[], Result]) -> Result:
    """Do the work; an unexpected error becomes a `RunFailed` that shows no value and carries no chain."""
    try:
        return work()
    except NeighbourlyError as error:
        known, failure = error, None
        # Raised again below, outside this block, without the chain that may hold a library's message.
    except Exception as error:  # noqa: BLE001 - everything is told of, without its message
        known, failure = None, describe(error)
    if known is not None:
        raise known.with_traceback(None) from None
    raise RunFailed(
        f"the step '{name}' stopped unexpectedly ({failure}). Run it again; if it stops in the same place, report that line. "
        "The message itself is not shown: it may quote a record."
    )
