"""Refuses extracts that identify people, before anything is written: by column name, by value, by full birth date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import polars as pl

from data_schemas.errors import DataRefused
from data_schemas.tables import PERSON_TABLES
from pipeline.engine import AT_ONCE
from pipeline.ingest import names
from pipeline.ingest.diagnosis import has_plain_lines, ragged_rows, short_rows
from pipeline.ingest.look import Found, Look
from pipeline.ingest.parsing import EARLIEST
from pipeline.ingest.source_file import Source
from pipeline.ingest.sources import Progress, Table, silent

REFERENCE_FILES = frozenset({"admin_organisation", "care_site", "coding_clinicalcode", "concept"})
"""Files next to an extract that are about places and codes, not about people."""


@dataclass
class Inspection:
    """The result of looking through every file."""

    tables: dict[str, Table] = field(default_factory=dict)
    """Readable files; for their sources, the rows with too many fields are known."""
    rows: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    identifiable: list[str] = field(default_factory=list)


def inspect(tables: dict[str, Table], progress: Progress = silent) -> Inspection:
    """Read every file once, to its end, two together. Nothing is written, and no value is shown."""
    inspection = Inspection()

    def one(table: Table, source: Source) -> Seen:
        progress(f"{table.name}: looking through {source.path.name}")
        return _inspect(table, source)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = {name: [pool.submit(one, table, source) for source in table.sources] for name, table in tables.items()}
        for name, table in tables.items():
            seen = [each.result() for each in begun[name]]
            inspection.unreadable += [problem for each in seen for problem in each.unreadable]
            inspection.identifiable += [problem for each in seen for problem in each.identifiable]
            looks = [each.look for each in seen if each.look is not None]
            if len(looks) == len(table.sources):
                inspection.tables[name] = replace(table, sources=tuple(look.source for look in looks))
                inspection.rows[name] = sum(look.counts.rows for look in looks)
    return inspection


@dataclass(frozen=True)
class Seen:
    """The look at one file, or why it cannot be read."""

    look: Look | None
    unreadable: Sequence[str] = ()
    identifiable: Sequence[str] = ()


def _inspect(table: Table, source: Source) -> Seen:
    sentences: list[str] = []
    try:
        look = _look(table, source)
        for file in (look, *(Look(other, table) for other in _beside(table, source))):
            if table.name in PERSON_TABLES:
                each_found = [*file.problems(), *(_birth_dates(file) if file is look else ())]
                sentences += [_sentence(file, *each) for each in each_found]
    except DataRefused as refused:
        return Seen(None, refused.problems, sentences)
    return Seen(look, (), sentences)


def _look(table: Table, source: Source) -> Look:
    """Look at a file. Rows with too many or too few fields do not stop it."""
    try:
        return _with_short(Look(source, table))
    except DataRefused as refused:
        problems, ragged = refused.problems, () if source.is_parquet else ragged_rows(source.path)
    if not ragged:
        raise DataRefused(problems)
    return _with_short(Look(replace(source, ragged=tuple(ragged)), table))


def _with_short(look: Look) -> Look:
    """The look, with the places of rows that end too early. There are none if the last column is always filled."""
    source = look.source
    if source.is_parquet:
        return look
    # Polars counts the fields of each row only if it reads all columns and need not cut rows.
    is_plain = look.is_plain or (
        not (source.ragged or source.leave_out) and has_plain_lines(source.path, look.counts.rows)
    )
    short = () if is_plain or look.is_full else tuple(short_rows(source.path))
    look.source = replace(source, short=short, has_plain_lines=is_plain)
    return look


def _beside(table: Table, source: Source) -> list[Source]:
    """Joined files that are about people."""
    files = [source.sibling(join.file) for join in table.mapping.joins if join.file.lower() not in REFERENCE_FILES]
    return [file for file in files if file is not None]


def _sentence(look: Look, column: str, what: str, count: int) -> str:
    return (
        f"{look.table.name}: {look.source.path.name}, column {column}: {count:,} {what}. Identifiable data is "
        "refused and nothing was written; remove or pseudonymise the column at the source"
    )


def _birth_dates(look: Look) -> Iterator[Found]:
    """Birth months that have a day, and further columns of registrations that hold the day."""
    table = look.table
    theirs = table.mapping.resolve(look.columns, table.extract.columns)
    if table.name != "registrations" or theirs.get("birth_month") not in look.columns:
        return
    column = theirs["birth_month"]
    month = look.day(column)
    if (full := look.count((month.dt.day() != 1) & (month >= EARLIEST))) and not names.means_birth_date(column):
        yield column, "full birth dates (birth_month is the first of the month)", full
        return
    unread = [
        name
        for name, dtype in look.columns.items()
        if name not in theirs.values() and (dtype.is_temporal() or dtype == pl.String)
    ]
    for name in look.days_in_month_of(month, unread):
        yield name, "full birth dates (days in the month of birth)", look.counts.filled[name]
