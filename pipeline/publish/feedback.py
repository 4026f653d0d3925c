"""What came of earlier lists: outcomes that link workers filled in, and how long people then rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from data_schemas.errors import DataRefused

REST_DAYS = {
    "Seen, offer taken up": 180,
    "Seen, no offer wanted now": 180,
    "Declined": 365,
    "Not suitable": 365,
    "Could not reach": 30,
}
"""The outcomes of the list's drop-down, and for how many days the person is then on no list."""

COLUMNS = ("person_id", "outcome", "outcome_date")


def resting(files: Sequence[Path], as_of: dt.date) -> set[str]:
    """The people that rest on a day.

    The files are CSV with `person_id, outcome, outcome_date` (ISO 8601), as the list's page saves them; rows without an outcome are
    passed over. Raises DataRefused with file and count where an outcome or a date cannot be read.
    """
    found, problems = set[str](), list[str]()
    for path in sorted(files):
        rows = _read(path, problems)
        found |= set(rows.filter(pl.col("until") > as_of)["person_id"])
    if problems:
        raise DataRefused(problems)
    return found


def _read(path: Path, problems: list[str]) -> pl.DataFrame:
    """`person_id, until` of one file."""
    raw = pl.read_csv(path, infer_schema=False)
    lacking = [name for name in COLUMNS if name not in raw.columns]
    if lacking:
        problems.append(f"{path.name}: has no column {', '.join(lacking)}; give {', '.join(COLUMNS)}")
        return pl.DataFrame(schema={"person_id": pl.String, "until": pl.Date})
    rows = raw.filter(pl.col("outcome").fill_null("") != "").with_columns(
        day=pl.col("outcome_date").str.to_date("%Y-%m-%d", strict=False),
        days=pl.col("outcome").replace_strict(REST_DAYS, default=None, return_dtype=pl.Int32),
    )
    for column, accepted in (("day", "a date such as 2026-04-01"), ("days", "one of " + "; ".join(REST_DAYS))):
        unread = rows[column].null_count()
        if unread:
            what = "outcome_date" if column == "day" else "outcome"
            problems.append(f"{path.name}: {what} cannot be read in {unread} rows; give {accepted}")
    return rows.drop_nulls().select("person_id", until=pl.col("day") + pl.duration(days="days"))
