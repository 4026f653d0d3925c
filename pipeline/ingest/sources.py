"""The files of every extract, and their rows under our names, before parsing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from data_schemas.disk import scan_csv
from data_schemas.errors import DataRefused
from data_schemas.nearest import nearest
from data_schemas.profiles import TableMapping, spelt
from data_schemas.profiles.translate import MARKS, JoinLacksColumn, translate
from data_schemas.pseudonyms import Kind, folded
from data_schemas.tables import TABLES, missing_columns
from pipeline.ingest.lines import lines_at
from pipeline.ingest.source_file import Source
from pipeline.settings import Extract, Settings

WHOLE_KEY, RAGGED, SHORT = "_whole_key", "_ragged", "_short"
MADE = (WHOLE_KEY, RAGGED, SHORT, *MARKS)
"""Names of columns that no file has."""
PLACE = "_place"
SURE = 0.6
"""Similarity needed to name a file's column as a guess for a missing one. Without a header, the names would be a
record.
"""
Progress = Callable[[str], None]
"""Called with what is being read, to show progress."""


def silent(_: str) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Table:
    """One configured extract: its mapping and its files."""

    name: str
    extract: Extract
    mapping: TableMapping
    sources: tuple[Source, ...]

    @property
    def has_keys(self) -> bool:
        """Whether the extract has its own keys."""
        return any(self.mapping.key_of(source.schema, self.extract.columns) for source in self.sources)

    @property
    def tells_versions(self) -> str:
        """The source column that shows which version of a record is newest. Empty if the order of the file names
        decides.
        """
        there = [spelt(source.schema) for source in self.sources]
        return next((name for name in self.mapping.version if any(name.lower() in header for header in there)), "")

    @property
    def date_formats(self) -> tuple[str, ...]:
        return (self.extract.date_format,) if self.extract.date_format else self.mapping.date_formats

    def rows(self, source: Source) -> pl.LazyFrame:
        """Our columns of one file, trimmed, as text or (from Parquet) as dates and numbers, and the `MADE` columns.

        The first of these is a hash of the whole row in the file, where identical rows must be found. It is left out if
        rows have their own keys, unless identical ones are to be dropped anyway. The others mark rows with more and
        with fewer fields than the header.
        """
        return self._translated(source, source.flat())

    def pseudonyms(self, kind: Kind) -> pl.LazyFrame:
        """`person_id` of every row of every file, in the form used for comparison."""
        ids = pl.concat([self.rows(source).select("person_id") for source in self.sources])
        return ids.select(folded(pl.col("person_id"), kind))

    def rows_at(self, source: Source, places: pl.Series, at_once: int) -> Iterator[pl.DataFrame]:
        """The `rows` at some places, counted from 0, in order; about so many at once."""
        if source.has_plain_lines and not self.mapping.joins:
            for lines in lines_at(source.path, places, at_once):
                yield self._translated(source, scan_csv(lines, infer_schema=False)).collect()
            return
        at = pl.col(PLACE).is_in(places.implode())
        if self.mapping.joins:  # a row of the file may be several of ours
            rows = self.rows(source).with_row_index(PLACE).filter(at).drop(PLACE)
        else:
            rows = self._translated(source, source.flat().with_row_index(PLACE).filter(at).drop(PLACE))
        yield from rows.collect_batches(chunk_size=at_once, maintain_order=True, engine="streaming")

    def _translated(self, source: Source, frame: pl.LazyFrame) -> pl.LazyFrame:
        whole = pl.struct(pl.all()).hash() if self.finds_identical else pl.lit(None, dtype=pl.UInt64)
        return translate(
            frame.with_columns(
                whole.alias(WHOLE_KEY), _at(source.ragged).alias(RAGGED), _at(source.short).alias(SHORT)
            ),
            self.name,
            self.mapping,
            self.extract.columns,
            lambda stem: _flat(source.sibling(stem)),
            carried=(WHOLE_KEY, RAGGED, SHORT),
            tidy=source.tidy,
        )

    @property
    def finds_identical(self) -> bool:
        return self.extract.drop_identical or not self.has_keys

    def problems(self, source: Source) -> list[str]:
        """What is missing in the header of one file. Raises `DataRefused` if the file cannot be read at all."""
        header = source.schema
        joined = {name for join in self.mapping.joins for name in join.take}
        absent = [
            self._absent(source, ours, theirs)
            for ours, theirs in self.extract.columns.items()
            if theirs not in header and theirs not in joined
        ]
        if absent:
            return absent
        resolved = self.mapping.resolve(header, self.extract.columns)
        twice = [
            f"{theirs} occurs more than once" for theirs in resolved.values() if f"{theirs}_duplicated_0" in header
        ]
        nested = [f"{name} holds lists" for name in resolved.values() if name in header and header[name].is_nested()]
        if twice or nested:
            return [f"{self.name}: {source.path.name}: column {what}; keep one, as text" for what in [*twice, *nested]]
        try:
            present = self.rows(source).collect_schema().names()
        except FileNotFoundError as error:
            return [
                (
                    f"{self.name}: {source.path.name}: a file {error.args[0]} is needed in the same folder; put it in "
                    f"{source.path.parent.name}/"
                )
            ]
        except JoinLacksColumn as error:
            file, column = error.args
            return [
                f"{self.name}: {file or source.path.name} has no column {column}, by which the two files are joined; add it"
            ]
        return [self._missing(source, ours) for ours in missing_columns(self.name, present)]

    def _absent(self, source: Source, ours: str, theirs: str) -> str:
        return (
            f"{self.name}: {source.path.name} has no column {theirs}, which site.toml reads as {ours}"
            f"{nearest(theirs, source.schema, SURE)}; correct columns in [extracts.{self.name}]"
        )

    def _missing(self, source: Source, ours: str) -> str:
        # Names that a profile creates itself (`_…`) are in no extract.
        named = self.mapping.columns.get(ours, (ours,))
        wanted = list(dict.fromkeys(name for name in named if not name.startswith("_")))
        columns = list(source.schema)
        hint = (
            "; its columns are not separated by commas"
            if len(columns) == 1 and any(c in columns[0] for c in ";\t|")
            else ""
        )
        return (
            f"{self.name}: {source.path.name} has no column {' or '.join(wanted)}{nearest(wanted, columns, SURE)}{hint};"
            " add it to the extract, "
            f'or add columns = {{ {ours} = "its name there" }} (or a profile) in [extracts.{self.name}]'
        )


def _at(rows: tuple[int, ...]) -> pl.Expr:
    """Whether a row's number, counted from 0, is one of these."""
    return pl.int_range(pl.len()).is_in(list(rows)) if rows else pl.lit(value=False)


def _flat(source: Source | None) -> pl.LazyFrame | None:
    return None if source is None else source.flat()


def open_tables(settings: Settings) -> tuple[dict[str, Table], list[str]]:
    """Every configured table whose files can be read, and all problems of the others."""
    tables, problems = {}, []
    for name, extract in settings.extracts.items():
        if name not in TABLES:
            continue
        table = Table(
            name,
            extract,
            extract.mapping(name),
            tuple(Source(file, leave_out=extract.leave_out) for file in extract.files),
        )
        wrong = [problem for source in table.sources for problem in _problems(table, source)]
        problems += wrong
        if not wrong:
            tables[name] = table
    return {name: tables[name] for name in TABLES if name in tables}, problems


def _problems(table: Table, source: Source) -> list[str]:
    try:
        return table.problems(source)
    except DataRefused as refused:
        return [f"{table.name}: {problem}" for problem in refused.problems]
