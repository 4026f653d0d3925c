"""Parses text to dates and numbers. A value that cannot be parsed becomes null and is kept apart from what was null
before.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from functools import partial

import dataframely as dy
import polars as pl

from pipeline.ingest.iso_dates import iso_dates

FOUND = "_found"
ISO = "%Y-%m-%d"
_ISO_TIME = r"^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))?$"
_ISO_BASIC = "%Y%m%d"
_ISO_MONTH = "%Y-%m"
EARLIEST = dt.date(1850, 1, 1)
"""Nobody in an extract was born earlier. An earlier year is a short one (19 for 2019) or a source's sign for
nothing."""
LARGEST_WHOLE = 2**53


class Parsed:
    """A column read by its schema: `value` (null if it cannot be read) and whether it was `unreadable`.

    Both are made from the column `read`, which must be added first, so that every text is parsed once. It is None where
    nothing is parsed.
    """

    def __init__(
        self, name: str, column: dy.Column, source: pl.DataType, formats: Sequence[str], nulls: Sequence[dt.date]
    ) -> None:
        raw, found = pl.col(name), pl.col(f"{FOUND} {name}")
        self.read: pl.Expr | None = None
        self.value = raw
        self.unreadable: pl.Expr | None = None
        if column.dtype == pl.Date:
            self.read = _day_of(raw, source, _formats(column, formats)).alias(found.meta.output_name())
            meant = found.is_in(nulls) if nulls else pl.lit(value=False)
            self.value = pl.when((found >= EARLIEST) & ~meant).then(found)
            self.unreadable = raw.is_not_null() & (found.is_null() | ((found < EARLIEST) & ~meant))
        elif column.dtype.is_numeric():
            self.read = number(raw, column.dtype).alias(found.meta.output_name())
            self.value = found
            self.unreadable = raw.is_not_null() & found.is_null()


def _day_of(raw: pl.Expr, source: pl.DataType, formats: Sequence[str]) -> pl.Expr:
    """The day of a typed date or timestamp, in its own time zone, or of a text."""
    if isinstance(source, pl.Date | pl.Datetime):
        return raw.dt.date()
    return days(raw if source == pl.String else raw.cast(pl.String, strict=False), formats)


def _formats(column: dy.Column, formats: Sequence[str]) -> list[str]:
    month = [_ISO_MONTH] if (column.metadata or {}).get("precision") == "month" else []
    return [*formats, *month]


def days(text: pl.Expr, formats: Iterable[str] = ()) -> pl.Expr:
    """Dates from text: the given formats in order, and ISO 8601 with or without a time, which is cut off."""
    order = list(dict.fromkeys([*formats, ISO]))
    return text.map_batches(partial(_days, order=order), return_dtype=pl.Date, is_elementwise=True)


def _days(text: pl.Series, order: Sequence[str]) -> pl.Series:
    """The same for a part of a column. Texts that the usual form does not fit are read again in every form."""
    frame = text.rename("text").to_frame()
    found = iso_dates(text) if order[0] == ISO else frame.select(_day(pl.col("text"), order[0])).to_series()
    if found.null_count() == text.null_count():  # usually: every text is a date
        return found
    rest = (found.is_null() & text.is_not_null()).arg_true()
    return found.scatter(rest, frame[rest].select(_in_any_form(pl.col("text"), order)).to_series())


def _in_any_form(text: pl.Expr, order: Sequence[str]) -> pl.Expr:
    """Polars' cache of parsed texts is not used, because it made this 2.4 times slower."""
    timed = text.str.extract(_ISO_TIME).str.to_date(ISO, strict=False, cache=False)
    is_basic = text.str.len_bytes() == len("20260401")
    basic = pl.when(is_basic).then(text).str.to_date(_ISO_BASIC, strict=False, cache=False)
    return pl.coalesce(*[_day(text, each) for each in order], timed, basic)


def _day(text: pl.Expr, date_format: str) -> pl.Expr:
    """A format without a day means the first of the month; one with a time is cut to the day."""
    if not re.search(r"%[dejDFxcs]", date_format):
        return pl.format("01 {}", text).str.to_date(f"%d {date_format}", strict=False, cache=False)
    if re.search(r"%[HIklMSTRrXc]|%\.?\d?f", date_format):
        return text.str.to_datetime(date_format, strict=False, cache=False, time_unit="us").dt.date()
    return text.str.to_date(date_format, strict=False, cache=False)


def number(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A float. A whole number must be one, however it is written (5 or 5.0)."""
    value = raw.cast(pl.Float64, strict=False)
    if dtype.is_integer():
        return pl.when((value == value.round()) & (value.abs() <= LARGEST_WHOLE)).then(value).cast(dtype, strict=False)
    return value
