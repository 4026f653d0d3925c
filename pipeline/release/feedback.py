"""What came of earlier lists: outcomes that link workers filled in, and how long people then rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from data_schemas.errors import DataRefused
from pipeline import words
from pipeline.release.sheets import Row, sheets

REST_DAYS = {
    "Seen: offer taken up": 180,
    "Seen: no offer wanted now": 180,
    "Declined": 365,
    "Not suitable": 365,
    "Could not reach": 30,
}
"""The outcomes of the list's drop-down, and for how many days the person is then on no list. Without a comma: spreadsheets part a
drop-down's choices at each."""

HEADINGS = {"person_id": "Person (pseudonym)", "outcome": "Outcome", "outcome_date": "Date of outcome"}
"""The columns of the CSV that the list's page saves, and their headings in its workbook."""

EARLIEST = dt.date(2000, 1, 1)
"""A date before it was typed with too few digits."""
AHEAD_DAYS = 31
"""An outcome dated further ahead, of today and of the as-of date, was typed wrong: it would give years of rest."""

_DAY_ZERO = dt.date(1899, 12, 30)
"""Spreadsheets count days from here."""
_EMPTY = pl.DataFrame(schema=dict.fromkeys(HEADINGS, pl.String))


def files(folder: Path) -> tuple[Path, ...]:
    """The files of outcomes in a folder; what spreadsheets leave there while a file is open is none."""
    found = [path for ending in ("csv", "xlsx") for path in folder.glob(f"*.{ending}")]
    return tuple(sorted(path for path in found if not path.name.startswith(("~", "."))))


def resting(files: Sequence[Path], as_of: dt.date) -> set[str]:
    """The people that rest on a day.

    The files are the list's workbook with its outcomes filled in, or CSV with `person_id, outcome, outcome_date` as the list's page saves
    it; dates are ISO 8601 or day/month/year, and rows without an outcome are passed over. Raises DataRefused with file and count where an
    outcome or a date cannot be read, or lies before 2000 or more than a month ahead.
    """
    found, problems = set[str](), list[str]()
    latest = _latest(as_of)
    for path in sorted(files):
        rows = _read(path, latest, problems)
        found |= set(rows.filter(pl.col("until") > as_of)["person_id"])
    if problems:
        raise DataRefused(problems)
    return found


def _latest(as_of: dt.date) -> dt.date:
    """The last day that an outcome may be dated."""
    newest = max(as_of, dt.datetime.now(dt.UTC).date())
    return newest + min(dt.timedelta(days=AHEAD_DAYS), dt.date.max - newest)


def _read(path: Path, latest: dt.date, problems: list[str]) -> pl.DataFrame:
    """`person_id, until` of one file."""
    raw = _of_workbook(path, problems) if path.suffix == ".xlsx" else _of_csv(path, problems)
    text = raw.with_columns(pl.all().fill_null("").str.strip_chars()).filter(pl.col("outcome") != "")
    written = pl.coalesce(_as_written("%Y-%m-%d"), _as_written("%d/%m/%Y"), _as_counted())
    rows = text.with_columns(
        person_id=pl.col("person_id").str.replace(r"^'([=+\-@])", "$1"),  # as cells are made safe
        day=pl.when(written.is_between(EARLIEST, latest)).then(written),
        days=pl.col("outcome").replace_strict(REST_DAYS, default=None, return_dtype=pl.Int32),
    )
    for column, accepted in (
        ("day", "a date such as 2026-04-01 or 01/04/2026, with four digits for the year and not in the future"),
        ("days", f"one of {'; '.join(REST_DAYS)}"),
    ):
        unread = rows[column].null_count()
        if unread:
            what = "outcome_date" if column == "day" else "outcome"
            problems.append(f"{path.name}: {what} cannot be read in {words.things(unread, 'row')}; give {accepted}")
    return rows.drop_nulls().select("person_id", until=pl.col("day") + pl.duration(days="days"))


def _of_csv(path: Path, problems: list[str]) -> pl.DataFrame:
    try:
        raw = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError):
        problems.append(f"{path.name}: cannot be read; give a CSV file with {', '.join(HEADINGS)}")
        return _EMPTY
    lacking = [name for name in HEADINGS if name not in raw.columns]
    if lacking:
        problems.append(f"{path.name}: has no column {', '.join(lacking)}; give {', '.join(HEADINGS)}")
        return _EMPTY
    return raw.select(*HEADINGS)


def _of_workbook(path: Path, problems: list[str]) -> pl.DataFrame:
    """The outcomes of every sheet that has the list's headings."""
    try:
        tables = [found for rows in sheets(path) if (found := _under_headings(rows)) is not None]
    except ValueError:
        tables = []
    if not tables:
        problems.append(
            f"{path.name}: has no sheet with the headings {', '.join(HEADINGS.values())}; give the list's own workbook"
        )
    return pl.concat([_EMPTY, *tables])


def _under_headings(rows: list[Row]) -> pl.DataFrame | None:
    """The cells under the headings; None where a sheet has not all of them."""
    for place, row in enumerate(rows):
        columns = {heading: letter for letter, heading in row.items()}
        if set(HEADINGS.values()) <= set(columns):
            lines = [[line.get(columns[heading], "") for heading in HEADINGS.values()] for line in rows[place + 1 :]]
            return pl.DataFrame(lines, schema=_EMPTY.schema, orient="row")
    return None


def _as_written(form: str) -> pl.Expr:
    return pl.col("outcome_date").str.to_date(form, strict=False)


def _as_counted() -> pl.Expr:
    """A date as spreadsheets keep it: days, and parts of a day that do not matter."""
    days = pl.col("outcome_date").cast(pl.Float64, strict=False).floor()
    return pl.lit(_DAY_ZERO) + pl.duration(days=pl.when(days.is_between(1, 2_958_465)).then(days))
