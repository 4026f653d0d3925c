"""Compiles functions and keeps the result for the next process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config
from numba.core.registry import CPUDispatcher

from data_schemas.disk import sha256
from data_schemas.kept import folder

Function = TypeVar("Function", bound=Callable[..., Any])


def cache_folder() -> str | None:
    """The folder for compiled code: `NUMBA_CACHE_DIR`, else a folder of the user, because an installation may be
    read-only. None if neither is writable.
    """
    if config.CACHE_DIR:
        return str(config.CACHE_DIR)
    place = folder("numba")
    return str(place) if place is not None else None


def uncounted(options: Any = CPUDispatcher.targetdescr.options) -> dict[str, bool]:
    """The option that stops reference counting of arrays, which more than halves the time of the compiled pass.

    Numba does not document it and refuses unknown options. A Numba version without it compiles the same code, only
    slower.
    """
    return {"_nrt": False} if hasattr(options, "_nrt") else {}


def compiled(function: Function) -> Function:
    """Compile a function at its first call, for this machine. Other threads continue. The function must allocate
    nothing (`uncounted`).
    """
    return cast("Function", numba.njit(nogil=True, **uncounted())(function))


def compiled_and_kept(function: Function) -> Function:
    """The same for functions that other modules call. The result is kept on disk, with everything they call, for the
    next process.

    Each version of a module has its own folder: Numba fails on a result that names a class which no longer exists.
    """
    place, before = cache_folder(), config.CACHE_DIR
    if place is not None:
        config.CACHE_DIR = str(Path(place) / sha256(Path(function.__code__.co_filename))[:16])
    try:
        return cast("Function", numba.njit(nogil=True, cache=place is not None, **uncounted())(function))
    finally:
        config.CACHE_DIR = before
