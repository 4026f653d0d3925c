"""Turns unexpected errors into a plain message that shows where they happened, but never a value from a record."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from data_schemas.errors import NeighbourlyError, RunFailed, plainly

Result = TypeVar("Result")
NETWORK = frozenset({"httpx", "requests", "urllib3", "psycopg2", "asyncpg", "sqlalchemy"})
"""Names of libraries that connect to servers and databases."""
ROOT = Path(__file__).resolve().parents[1]


def describe(error: BaseException) -> str:
    """Describe where an unexpected error was raised and its type. Leaves out its message, which may quote a record."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _ours(Path(f.filename))]
    trail = " ← ".join(f"{Path(f.filename).relative_to(ROOT)}:{f.lineno} {f.name}" for f in reversed(frames[-3:]))
    return f"{type(error).__module__}.{type(error).__qualname__} in {trail or 'a library'}"


def _ours(path: Path) -> bool:
    return (
        path.is_relative_to(ROOT) and path.name not in {"tasks.py", "guard.py", "flow.py"} and ".venv" not in path.parts
    )


def guarded(name: str, work: Callable[[], Result]) -> Result:
    """Do the work. An unexpected error becomes a `RunFailed` that shows no value and has no exception chain.

    This includes errors that are not an `Exception`: a panic in Polars, or `sys.exit` in a site's module. Only
    deliberate stops are passed on.
    """
    try:
        return work()
    except NeighbourlyError as error:
        known, failure = error, None
        # Raised below, outside this block, without the exception chain, which may contain a library's message.
    except BaseException as error:
        if _is_a_stop(error):
            raise
        known, failure = None, _sentence(name, error)
    if known is not None:
        raise known.with_traceback(None) from None
    raise RunFailed(failure or "")


def _is_a_stop(error: BaseException) -> bool:
    """Whether somebody stops the run, or Prefect suspends it."""
    stops = (KeyboardInterrupt, GeneratorExit, asyncio.CancelledError)
    return isinstance(error, stops) or any(cls.__module__ == "prefect.exceptions" for cls in type(error).__mro__)


def _silent(error: BaseException) -> str:
    """A message that a server or database does not answer, if the error comes from a library that connects to one. Its
    own text may hold a password.
    """
    library, kind = type(error).__module__.partition(".")[0], type(error).__name__
    if library in NETWORK and ("Connect" in kind or "Timeout" in kind or kind == "OperationalError"):
        return "a server or database stopped answering (see PREFECT_API_URL and MLFLOW_TRACKING_URI; `neighbourly doctor` asks each)"
    if library == "mlflow" and hasattr(error, "error_code"):
        return f"MLflow answers {error.error_code}; see that MLFLOW_TRACKING_URI is its address and that it lets you in"
    return ""


def _sentence(name: str, error: BaseException) -> str:
    refused = plainly(error) or _silent(error)
    if refused:
        return f"the step '{name}' stopped: {refused} ({describe(error)})"
    return (
        f"the step '{name}' stopped unexpectedly ({describe(error)}). Run it again; if it stops in the same place, report that line. "
        "The message itself is not shown: it may quote a record."
    )
