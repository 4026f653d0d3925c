"""Of several rows with one key the newest delivery counts: the others are superseded, wherever they stand.

Keys are 64-bit hashes, looked at some at a time, so that memory does not grow with the table."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from data_schemas.profiles.translate import VERSION
from pipeline.ingest.marks import MARK

KEYS_AT_ONCE = 4_000_000
TIMES = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
)
_ZONE = r" ?(?:Z|UTC|[+-]\d{2}:?\d{2})$"


def superseded(rows: pl.LazyFrame, key: str, bucket: str, formats: Sequence[str]) -> pl.DataFrame:
    """`bucket` and `_mark` of every row whose `key` (UInt64, null = none) a newer one has."""
    keyed = rows.select(pl.col(key).count()).collect(engine="streaming").item()
    if not keyed:
        return rows.select(bucket, MARK).head(0).collect()
    parts = keyed // KEYS_AT_ONCE + 1
    older = [_older(rows.filter(pl.col(key) % parts == part), key, formats) for part in range(parts)]
    return pl.concat(older).select(bucket, MARK)


def _older(rows: pl.LazyFrame, key: str, formats: Sequence[str]) -> pl.DataFrame:
    twice = _repeated(rows.select(key))
    keyed = (
        rows.filter(pl.col(key).is_in(twice.implode())).collect(engine="streaming")
        if len(twice)
        else rows.head(0).collect()
    )
    ordered = keyed.with_columns(_moment(keyed[VERSION], formats)).sort(key, VERSION, MARK, nulls_last=False)
    return ordered.filter(~pl.col(key).is_last_distinct())


def _repeated(keys: pl.LazyFrame) -> pl.Series:
    """Each key that occurs more than once."""
    some = keys.collect(engine="streaming").to_series()
    return some.filter(some.is_duplicated()).drop_nulls().unique()


def _moment(version: pl.Series, formats: Sequence[str]) -> pl.Series:
    """Versions in a form that sorts: numbers, else times, else text. A row without one is the oldest.

    Among times, one that cannot be read counts as missing, so that a single one does not make the others sort as text.
    """
    numbers = version.cast(pl.Float64, strict=False)
    if numbers.null_count() == version.null_count():
        return numbers
    times = version.to_frame().select(pl.coalesce(_times(pl.col(version.name), formats))).to_series()
    return times if times.count() else version


def _times(text: pl.Expr, formats: Sequence[str]) -> list[pl.Expr]:
    plain = text.str.replace(_ZONE, "")
    return [_time(plain, each) for each in dict.fromkeys((*formats, *TIMES))]


def _time(text: pl.Expr, date_format: str) -> pl.Expr:
    if any(sign in date_format for sign in ("%H", "%I", "%T", "%R")):
        return text.str.to_datetime(date_format, strict=False, time_unit="us")
    return text.str.to_date(date_format, strict=False).cast(pl.Datetime("us"))
