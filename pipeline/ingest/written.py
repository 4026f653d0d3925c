"""Notices that need all tables to be written: what one says about another, and how gaps in them are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from pathlib import Path

import polars as pl

from data_schemas.disk import scan_parquet
from data_schemas.receipts import Notice
from pipeline import spells
from pipeline.ingest import areas
from pipeline.words import counted

ENDED_TOGETHER = 0.1
"""Share of registrations that end on the last of all days from which that day looks like the end of the extract."""


def notices(tables: Path, there: Collection[str], today: dt.date) -> Iterator[Notice]:
    """Notices about the tables that are `there`, in the folder `tables`."""
    if "registrations" not in there:
        return
    yield from _all_ended(tables)
    if "areas" in there:
        yield from areas.unmatched(tables / "registrations.parquet", tables / "areas.parquet")
    if "admissions" in there:
        yield from _open_stays(tables, today)


def _all_ended(tables: Path) -> Iterator[Notice]:
    """Registrations that all have an end, many on the same last day: the end of the extract, not of a registration."""
    rows = scan_parquet(tables / "registrations.parquet")
    if "registered_to" not in rows.collect_schema():
        return
    until = pl.col("registered_to")
    counts = rows.select(pl.len(), still=until.null_count(), last=until.max()).collect()
    n, still, last = counts.row(0)
    if last is None or still:
        return
    same = rows.filter(until == last).select(pl.len()).collect().item()
    if same >= ENDED_TOGETHER * n:
        yield Notice(
            "registrations_all_end",
            f"registrations: every row has an end, and {same:,} of {n:,} end on {last}, the last day of all. So "
            "people who are still registered count as having left. If that day is the end of the extract, leave "
            "registered_to empty, or name the column in ends_with_source of your own profile.",
        )


def _open_stays(tables: Path, today: dt.date) -> Iterator[Notice]:
    """How stays without a discharge are read."""
    stays = spells.open_stays(scan_parquet(tables / "admissions.parquet"), today)
    ended = stays.by_next_admission + stays.by_longest_stay
    if ended:
        yield Notice(
            "open_stays",
            f"admissions: {counted(ended, 'stay')} without a discharge {'is' if ended == 1 else 'are'} assumed to "
            f"have ended, {stays.by_next_admission:,} at the person's next admission and {stays.by_longest_stay:,} "
            f"after the longest stay ([run] longest_stay_days); {stays.still_in:,} "
            f"{'is' if stays.still_in == 1 else 'are'} still open.",
        )
