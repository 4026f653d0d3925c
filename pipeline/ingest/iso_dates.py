"""Reads dates such as 2026-04-01 in compiled code, in less than half of the time that Polars takes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from data_schemas.compiling import compiled, compiled_and_kept
from pipeline.ingest.characters import Bytes, Ends, characters

Days = npt.NDArray[np.int32]

NONE = -(2**31)
_FIRST_DAYS = np.arange("0001-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)
"""The first day of each month, from January of the year 1, counted from 1970."""
_MONTHS = 12
_LENGTH = len("2026-04-01")
_ZERO, _NINE, _HYPHEN = b"09-"
_NO_NUMBER = -(10**6)


def iso_dates(text: pl.Series) -> pl.Series:
    """The dates of a column; null where a text has any other form."""
    days = np.empty(len(text), np.int32)
    found = read_dates(*characters(text), _FIRST_DAYS, days)
    dates = pl.Series(text.name, days).cast(pl.Date)
    return dates if found == len(text) else dates.set(pl.Series(days == NONE), None)


@compiled_and_kept
def read_dates(held: Bytes, ends: Ends, known: Bytes, first_days: Days, days: Days) -> int:
    """Write the day of each text, counted from 1970, or `NONE`. Returns how many have one."""
    found = 0
    for n in range(len(days)):
        at = ends[n]
        days[n] = NONE
        has_length = known[n] and ends[n + 1] - at == _LENGTH
        if has_length and held[at + 4] == _HYPHEN and held[at + 7] == _HYPHEN:
            year = 100 * _pair(held, at) + _pair(held, at + 2)
            month, day = _pair(held, at + 5), _pair(held, at + 8)
            place = _MONTHS * (year - 1) + month - 1
            if place >= 0 and 1 <= month <= _MONTHS and 1 <= day <= first_days[place + 1] - first_days[place]:
                days[n] = first_days[place] + day - 1
                found += 1
    return found


@compiled
def _pair(held: Bytes, at: int) -> int:
    """The number of two digits, far below 0 if they are none."""
    tens, ones = np.int64(held[at]), np.int64(held[at + 1])
    is_number = _ZERO <= tens <= _NINE and _ZERO <= ones <= _NINE
    return 10 * (tens - _ZERO) + ones - _ZERO if is_number else _NO_NUMBER  # type: ignore[return-value]
