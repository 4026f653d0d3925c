"""One look through a file: what it holds, and what in it identifies people, by column name and by value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import polars as pl

from data_schemas.profiles import COMMON_NULLS
from pipeline.ingest import names, values
from pipeline.ingest.diagnosis import why_unreadable
from pipeline.ingest.parsing import ISO, days
from pipeline.ingest.plain_lines import Counts, PlainLines
from pipeline.ingest.source_file import Result, Source, read
from pipeline.ingest.sources import Table
from pipeline.ingest.tidy import Tidy

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

Found = tuple[str, str, int]
"""Column, what it holds, how many values."""


class Look:
    """One pass over a file: its rows, and for each column how many are filled and how many look identifying."""

    def __init__(self, source: Source, table: Table) -> None:
        self.source, self.table = source, table
        self.columns = {name: dtype for name, dtype in source.schema.items() if not dtype.is_nested()}
        self._tidy = Tidy(name for name, dtype in self.columns.items() if dtype == pl.String)
        self._nothing = [*COMMON_NULLS, *table.mapping.nulls]
        plain = None if source.is_parquet or source.ragged or source.leave_out else self._plain_counts()
        self.is_plain, self.counts = plain is not None, plain or self._counts()
        self.source = replace(source, tidy=self._tidy.texts)

    def _plain_counts(self) -> Counts | None:
        look = PlainLines(
            list(self.columns), self._nothing, lambda *text: int(self._first_look(*text).sum()), self._tidy.is_few
        )
        return self._read(lambda: look.counts(self.source.path))

    def _counts(self) -> Counts:
        filled = [pl.col(name).count().alias(f"filled {name}") for name in self.columns]
        looks = [
            self._suspicious(name, partial(self._first_look, name)).sum().alias(f"suspicious {name}")
            for name in self.columns
        ]
        counts = self._collect(self.source.scan().select(pl.len().alias("rows"), *filled, *looks)).row(0, named=True)
        return Counts(
            counts["rows"],
            {name: counts[f"filled {name}"] for name in self.columns},
            {name: counts[f"suspicious {name}"] for name in self.columns},
        )

    def _first_look(self, name: str, text: pl.Series) -> pl.Series:
        """Whether each of some texts of a column has a first sign. Notes whether they are tidy."""
        signs, is_tidy = values.first_look(text, self._nothing)
        self._tidy.note(name, text if is_tidy else None)
        return signs

    @property
    def is_full(self) -> bool:
        """Whether every row has a value in the last column that has a name."""
        named = [name for name in self.columns if name.strip()]
        return bool(named) and self.counts.filled[named[-1]] == self.counts.rows

    def _collect(self, frame: pl.LazyFrame) -> pl.DataFrame:
        return self._read(lambda: frame.collect(engine="streaming"))

    def _read(self, work: Callable[[], Result]) -> Result:
        path = self.source.path
        return read(work, lambda: f"{self.table.name}: {path.name} {why_unreadable(path)}")

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
        for name in filter(lambda name: self.counts.filled[name], self.columns):
            meaning = names.meaning(name) or ("values that identify people" if name.lower() in listed else None)
            if meaning is not None and (written := self.count(self._text(name) != "")):
                yield name, f"{meaning}, by the column's name", written
            elif names.means_birth_date(name) and (full := self.count(self._full_date(name))):
                yield name, "full birth dates", full
            elif self.counts.suspicious[name]:
                column = values.Column(self._suspects(name), self.counts.filled[name])
                yield from (
                    (name, f"different values that look like {kind}", count) for kind, count in values.found(column)
                )

    def count(self, condition: pl.Expr) -> int:
        return int(self._collect(self.source.scan().select(condition.sum())).item())

    def _suspects(self, name: str) -> pl.DataFrame:
        """Distinct suspicious values of a column with the rows of each; a sample if there are very many."""
        dtype, one_in = self.columns[name], self.counts.suspicious[name] // MOST_VALUES + 1
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
