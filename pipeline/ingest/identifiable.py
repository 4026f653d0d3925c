"""Refuses extracts that identify people, before anything is written: by column name, by value, by full birth date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

import polars as pl

from data_schemas.errors import DataRefused
from data_schemas.profiles import COMMON_NULLS
from data_schemas.tables import PERSON_TABLES
from pipeline.engine import AT_ONCE
from pipeline.ingest import names, values
from pipeline.ingest.diagnosis import has_plain_lines, ragged_rows, short_rows, why_unreadable
from pipeline.ingest.parsing import EARLIEST, ISO, days
from pipeline.ingest.source_file import Source, read
from pipeline.ingest.sources import Table, Tell, silent
from pipeline.ingest.tidy import Tidy

REFERENCE_FILES = frozenset({"admin_organisation", "care_site", "coding_clinicalcode", "concept"})
"""Files next to an extract that are about places and codes, not about people."""
MOST_VALUES = 200_000
"""Most distinct suspicious values checked per column. Beyond that, a sample by their hash is checked."""
TEN_DIGITS = (10**9, 10**10 - 1)
SAME_MONTH = 0.9
FIRST_ROWS = 20_000
FEWEST_DATES = 5
BIRTH_FORMATS = (
    "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%d/%m/%y", "%d-%b-%Y", "%d %B %Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S",
)  # fmt: skip
NOT_A_DAY = r"^(?:[0-9]{4}|[0-9]{4}-?[0-9]{2}|[0-9]{2}[-/ ]?[0-9]{4})$"
"""A year, or a year and a month: too coarse to be a birth date."""


@dataclass
class Inspection:
    """The result of looking through every file."""

    tables: dict[str, Table] = field(default_factory=dict)
    """Readable files; for their sources, the rows with too many fields are known."""
    rows: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    identifiable: list[str] = field(default_factory=list)


def inspect(tables: dict[str, Table], tell: Tell = silent) -> Inspection:
    """Read every file once, to its end, two together. Nothing is written, and no value is shown."""
    inspection = Inspection()

    def one(table: Table, source: Source) -> Seen:
        tell(f"{table.name}: looking through {source.path.name}")
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
                inspection.rows[name] = sum(look.counts["rows"] for look in looks)
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
    is_plain = not (source.ragged or source.leave_out) and has_plain_lines(source.path, look.counts["rows"])
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


Found = tuple[str, str, int]
"""Column, what it holds, how many values."""


class Look:
    """One pass over a file: its rows, and for each column how many are filled and how many look identifying."""

    def __init__(self, source: Source, table: Table) -> None:
        self.source, self.table = source, table
        self.columns = {name: dtype for name, dtype in source.schema.items() if not dtype.is_nested()}
        filled = [pl.col(name).count().alias(f"filled {name}") for name in self.columns]
        looks = [
            self._suspicious(name, partial(self._first_look, name)).sum().alias(f"suspicious {name}")
            for name in self.columns
        ]
        self._tidy = Tidy(name for name, dtype in self.columns.items() if dtype == pl.String)
        self._nothing = [*COMMON_NULLS, *table.mapping.nulls]
        self.counts = self._collect(source.scan().select(pl.len().alias("rows"), *filled, *looks)).row(0, named=True)
        self.source = replace(source, tidy=self._tidy.texts)

    def _first_look(self, name: str, text: pl.Series) -> pl.Series:
        """Whether each of some texts of a column has a first sign. Notes whether they are tidy."""
        signs, is_tidy = values.first_look(text, self._nothing)
        self._tidy.note(name, text if is_tidy else None)
        return signs

    @property
    def is_full(self) -> bool:
        """Whether every row has a value in the last column that has a name."""
        named = [name for name in self.columns if name.strip()]
        return bool(named) and self.counts[f"filled {named[-1]}"] == self.counts["rows"]

    def _collect(self, frame: pl.LazyFrame) -> pl.DataFrame:
        path = self.source.path
        return read(
            lambda: frame.collect(engine="streaming"), lambda: f"{self.table.name}: {path.name} {why_unreadable(path)}"
        )

    def _suspicious(self, name: str, is_such: Callable[[pl.Series], pl.Series] = values.is_suspicious) -> pl.Expr:
        dtype = self.columns[name]
        if dtype.is_numeric():
            return pl.col(name).is_between(*TEN_DIGITS)
        if dtype.is_temporal() or dtype in (pl.Boolean, pl.Null):
            return pl.lit(value=False)
        text = pl.col(name).cast(pl.String, strict=False)
        return text.map_batches(is_such, return_dtype=pl.Boolean, is_elementwise=True)

    def _text(self, name: str) -> pl.Expr:
        return pl.col(name).cast(pl.String, strict=False).str.strip_chars()

    def problems(self) -> Iterator[Found]:
        """What in the file identifies people, by name and by value."""
        listed = {name.lower() for name in self.table.extract.identifying}
        for name in filter(lambda name: self.counts[f"filled {name}"], self.columns):
            meaning = names.meaning(name) or ("values that identify people" if name.lower() in listed else None)
            if meaning is not None and (written := self.count(self._text(name) != "")):
                yield name, f"{meaning}, by the column's name", written
            elif names.means_birth_date(name) and (full := self.count(self._full_date(name))):
                yield name, "full birth dates", full
            elif self.counts[f"suspicious {name}"]:
                column = values.Column(self._suspects(name), self.counts[f"filled {name}"])
                yield from (
                    (name, f"different values that look like {kind}", count) for kind, count in values.found(column)
                )

    def count(self, condition: pl.Expr) -> int:
        return int(self._collect(self.source.scan().select(condition.sum())).item())

    def _suspects(self, name: str) -> pl.DataFrame:
        """Distinct suspicious values of a column with the rows of each; a sample if there are very many."""
        dtype, one_in = self.columns[name], self.counts[f"suspicious {name}"] // MOST_VALUES + 1
        text = pl.col(name).cast(pl.Int64, strict=False).cast(pl.String) if dtype.is_numeric() else self._text(name)
        suspicious = self.source.scan().filter(self._suspicious(name)).select(text.alias("value"))
        return self._collect(
            suspicious.filter(pl.col("value").hash() % one_in == 0).group_by("value").agg(rows=pl.len())
        )

    def day(self, name: str) -> pl.Expr:
        """A column read as dates, whatever their form."""
        formats = (*self.table.date_formats, ISO, *BIRTH_FORMATS)
        return pl.col(name).cast(pl.Date) if self.columns[name].is_temporal() else days(self._text(name), formats)

    def _full_date(self, name: str) -> pl.Expr:
        """Whether a value includes a day."""
        day = self.day(name)
        if self.columns[name].is_temporal():
            return day.dt.day() != 1
        text = self._text(name)
        return (text != "") & ~text.str.contains(NOT_A_DAY) & (day.is_null() | (day.dt.day() != 1))

    def days_in_month_of(self, month: pl.Expr, columns: list[str]) -> list[str]:
        """The columns whose days are mostly in the month of the same row, by its first rows."""
        rows = self._collect(
            self.source.scan().head(FIRST_ROWS).select(_month=month, **{name: self.day(name) for name in columns})
        )
        rows = rows.filter(pl.col("_month").is_not_null())
        return [name for name in columns if _is_birth_date(rows["_month"], rows[name])]


def _is_birth_date(months: pl.Series, days: pl.Series) -> bool:
    both = days.is_not_null()
    dated, same = int(both.sum()), int((days.dt.month_start() == months).filter(both).sum())
    return dated >= FEWEST_DATES and days.dt.day().n_unique() > 1 and same >= SAME_MONTH * dated


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
        yield name, "full birth dates (days in the month of birth)", look.counts[f"filled {name}"]
