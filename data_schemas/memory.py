"""How much memory this process uses, and the memory limit from site.toml."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import re

PATTERN = r"^\d+(\.\d+)? ?[MG]B$"
UNITS = {"M": 1_000_000, "G": 1_000_000_000}


def in_bytes(limit: str | None) -> int | None:
    """The number of bytes in `6 GB` or `500 MB`; None if no limit is set."""
    if limit is None:
        return None
    number, unit = re.match(r"([\d.]+) ?([MG])B", limit).groups()  # type: ignore[union-attr] # PATTERN was checked
    return int(float(number) * UNITS[unit])


def taken() -> int:
    """Bytes of memory that this process uses."""
    import psutil

    return int(psutil.Process().memory_info().rss)


COLLECT_AFTER = 50_000
"""New objects after which Python looks for cycles of objects that nothing uses any more. Its own number is 700, or
2,000 since 3.13."""


def collect_seldom() -> None:
    """Look for unused cycles of objects less often. While Prefect, MLflow and scikit-learn are imported, this takes a
    third of the time, and finds nothing."""
    gc.set_threshold(COLLECT_AFTER)


def keep_what_is_loaded() -> None:
    """Never again look at the objects that exist now. Call it after imports: their million objects stay to the end, and
    each look at them takes a quarter of a second.

    It does not look at them first, because imports leave too little behind to be worth it.
    """
    gc.freeze()


SMALL = 900_000_000
"""Bytes. In a smaller process, a search for unused cycles finds little."""
GROWN = 100_000_000
"""Bytes. The same holds for a process that has grown by less since the last search."""
_after_search = SMALL - GROWN
"""What this process used after the last search, or the least since."""


def give_back() -> None:
    """Return to the system what was freed and is still held; where the C library cannot, nothing happens.

    Polars, NumPy and LightGBM free what they are done with, but the C library keeps most of it for later: one step
    after the other, a run held twice what it used.
    """
    global _after_search  # noqa: PLW0603 - of the process, like its memory
    _trim()
    if taken() >= _after_search + GROWN:  # a search takes up to a fifth of a second, longer than many steps
        gc.collect()
        _trim()
        _after_search = taken()
    _after_search = max(min(_after_search, taken()), SMALL - GROWN)


def _trim() -> None:
    with contextlib.suppress(OSError, AttributeError, TypeError):  # macOS, musl, Windows
        ctypes.CDLL(None).malloc_trim(0)
