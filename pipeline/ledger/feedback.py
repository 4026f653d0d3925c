"""Reads the outcomes of earlier lists from the feedback folder. Every file is read or refused, row by row."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_schemas.errors import DataRefused
from pipeline import words
from pipeline.ledger.feedback_rows import HEADINGS, SetAside, stored_rows
from pipeline.ledger.outcome_words import BY_NAME, REST_DAYS
from pipeline.ledger.sheets import lines
from pipeline.ledger.written_dates import EARLIEST

__all__ = ["EARLIEST", "HEADINGS", "REST_DAYS", "Feedback", "FileRead", "files", "in_words", "read"]

AHEAD_DAYS = 31
"""An outcome dated further ahead than this, from today and the as-of date, is a typing error. It would keep the person
off lists for years.
"""
ENDINGS = (".csv", ".xlsx", ".xlsm")
_LEFT_BY_PROGRAMS = ("~", ".")
_LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini")

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "person_id": pl.String,
    "kind": pl.String,
    "outcome": pl.String,
    "outcome_date": pl.Date,
    "needs": pl.String,
    "reason": pl.String,
    "life_satisfaction_before": pl.Float64,
    "life_satisfaction_after": pl.Float64,
    "worthwhile_before": pl.Float64,
    "worthwhile_after": pl.Float64,
    "happy_before": pl.Float64,
    "happy_after": pl.Float64,
    "anxious_before": pl.Float64,
    "anxious_after": pl.Float64,
    "lonely_before": pl.String,
    "lonely_after": pl.String,
    "file": pl.String,
    "sheet": pl.String,
    "row": pl.Int32,
}
"""One row per outcome (`kind` "outcome"), and per person added (`add`) or taken off (`take_off`) by the team."""


@dataclass(frozen=True)
class FileRead:
    """One file that was read: rows with anything filled in = stored + set aside."""

    name: str
    content: str
    """SHA-256 of the cells that were read. It is the same if another program saves the same rows."""
    rows: int
    stored: int
    set_aside: int


@dataclass(frozen=True)
class Feedback:
    """Everything that teams sent back."""

    rows: pl.DataFrame
    """Columns: `SCHEMA`."""
    files: tuple[FileRead, ...]
    set_aside: tuple[SetAside, ...]
    two_readings: tuple[SetAside, ...] = ()
    """Stored rows whose date could also be read with the month first."""

    @property
    def by_outcome(self) -> dict[str, int]:
        """Number of outcomes by the words of the drop-down. The same outcome of a person on one day counts once."""
        once = self.rows.filter(pl.col("kind") == "outcome").unique(["person_id", "outcome", "outcome_date"])
        counted = Counter(once["outcome"].to_list())
        return {name: counted[name] for name in BY_NAME if counted[name]}


def files(folder: Path) -> tuple[Path, ...]:
    """Every file in the folder and its subfolders, sorted, except files that programs and systems create."""
    paths = [path for path in folder.rglob("*") if path.is_file() and _is_meant(path.relative_to(folder))]
    return tuple(sorted(paths))


def _is_meant(path: Path) -> bool:
    hidden = any(part.startswith(_LEFT_BY_PROGRAMS) for part in path.parts)
    return not hidden and path.name.casefold() not in _LEFT_BY_SYSTEMS


def read(files: Sequence[Path], as_of: dt.date, *, strict: bool = False) -> Feedback:
    """Read the rows of all files. Raises DataRefused with the name of each unreadable file, and for any unreadable row
    if `strict`.

    An unreadable row is set aside with its file, sheet and row number, never with a value from it; the other rows
    count. An outcome may be dated up to a month after `as_of` or today, whichever is later.
    """
    frames, seen, problems = [], list[FileRead](), list[str]()
    aside, asked = list[SetAside](), list[SetAside]()
    for path in sorted(files):
        try:
            frame, one, wrong, unclear = _read(path, _latest(as_of))
        except ValueError as error:
            problems.append(f"{path.name}: {error}")
            continue
        frames.append(frame)
        seen.append(one)
        aside += wrong
        asked += unclear
    if strict:
        problems += [str(one) for one in aside]
    if problems:
        raise DataRefused(problems)
    rows = pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)
    return Feedback(rows, tuple(seen), tuple(aside), tuple(asked))


def _latest(as_of: dt.date) -> dt.date:
    """The latest date that an outcome may have."""
    newest = max(as_of, dt.datetime.now(dt.UTC).date())
    return newest + min(dt.timedelta(days=AHEAD_DAYS), dt.date.max - newest)


def _read(path: Path, latest: dt.date) -> tuple[pl.DataFrame, FileRead, list[SetAside], list[SetAside]]:
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(
            "is not a kind of file that is read here; save it as .xlsx or .csv, or take it out of the folder"
        )
    rows_read = lines(path)
    rows, aside, asked = stored_rows(path.name, rows_read, latest)
    content = hashlib.sha256(repr([(line.sheet, line.cells) for line in rows_read]).encode()).hexdigest()
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    one = FileRead(path.name, content, len(rows) + len(aside), len(rows), len(aside))
    return frame, one, aside, asked


def in_words(feedback: Feedback) -> str:
    """`3 files: 40 rows read, 2 set aside`."""
    stored, aside = len(feedback.rows), len(feedback.set_aside)
    return f"{words.counted(len(feedback.files), 'file')}: {words.counted(stored, 'row')} stored, {aside:,} set aside"
