"""Compiles functions and keeps the result for the next process."""

from __future__ import annotations

import hashlib
import inspect
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache, InTreeCacheLocator
from numba.core.registry import CPUDispatcher

from data_schemas.disk import sha256
from data_schemas.kept import folder

Function = TypeVar("Function", bound=Callable[..., Any])

UNREADABLE = (
    OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, ValueError, TypeError, LookupError, RecursionError,
)  # fmt: skip
"""What Numba raises for a result that is damaged or cut short, or that names a class which no longer exists."""


def cache_folder() -> Path | None:
    """The folder for compiled code: `NUMBA_CACHE_DIR`, else a folder of the user, because an installation may be
    read-only. None if neither is writable.
    """
    if config.CACHE_DIR:
        given = Path(config.CACHE_DIR)
        with suppress(OSError):
            given.mkdir(parents=True, exist_ok=True)
            if os.access(given, os.W_OK):
                return given
    return folder("numba")


def _version(function: Any) -> str:
    """A short hash of the files of a function and of the named tuples that it takes, whose fields are compiled in."""
    taken = [function.__globals__.get(str(name)) for name in function.__annotations__.values()]
    files = {inspect.getfile(each) for each in (function, *taken) if each is function or hasattr(each, "_fields")}
    return hashlib.sha256("".join(sha256(Path(file)) for file in sorted(files)).encode()).hexdigest()[:16]


class _Locator(InTreeCacheLocator):  # type: ignore[misc]
    """Each version of a module has its own folder, so that a process never reads what another version is writing."""

    def __init__(self, function: Any, file: str) -> None:
        super().__init__(function, file)
        place = cache_folder()
        if place is None:
            raise RuntimeError("there is no folder for compiled code")
        self._cache_path = str(place / self.get_suitable_cache_subpath(file) / _version(function))


class _Kept(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Locator,)


class _Cache(FunctionCache):  # type: ignore[misc]
    """Numba's cache, in which nothing on disk can stop a run: what cannot be read is compiled again, and what cannot be
    written is not kept."""

    _impl_class = _Kept

    def load_overload(self, signature: Any, target: Any) -> Any:
        try:
            return super().load_overload(signature, target)
        except UNREADABLE:
            with suppress(OSError):
                self.flush()  # otherwise the damaged index would also stop the next result from being kept
            return None

    def save_overload(self, signature: Any, result: Any) -> None:
        with suppress(*UNREADABLE):
            super().save_overload(signature, result)


def known(wanted: dict[str, bool], options: Any = CPUDispatcher.targetdescr.options) -> dict[str, bool]:
    """Those of some options that this version of Numba knows.

    Numba does not document them and refuses unknown options. A version without them compiles the same code, only
    slower.
    """
    return {name: value for name, value in wanted.items() if hasattr(options, name)}


UNCOUNTED = {"_nrt": False}
"""Stops reference counting of arrays, which more than halves the time of the compiled pass."""
INLINE = {"forceinline": True}
"""Makes a function part of each one that calls it, so that its arguments are not copied at each call."""


def compiled(function: Function) -> Function:
    """Compile a function at its first call, for this machine, as part of each function that calls it. Other threads
    continue. The function must allocate nothing (`UNCOUNTED`).
    """
    return cast("Function", numba.njit(nogil=True, **known(UNCOUNTED | INLINE))(function))


def compiled_and_kept(function: Function) -> Function:
    """The same for functions that other modules call. The result is kept on disk, with everything they call, for the
    next process.
    """
    dispatcher: Any = numba.njit(nogil=True, **known(UNCOUNTED))(function)
    with suppress(RuntimeError):  # without a folder that can be used, nothing is kept
        dispatcher._cache = _Cache(function)  # noqa: SLF001 - Numba's own `cache=True` sets it so
    return cast("Function", dispatcher)
