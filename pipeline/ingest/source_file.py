"""One file of an extract: CSV as text, Parquet in its own types. An unreadable file is named with what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import polars as pl

from data_schemas.disk import scan_csv, scan_parquet
from data_schemas.errors import DataRefused, RunFailed, of_the_machine
from pipeline.ingest.bounds import too_large
from pipeline.ingest.diagnosis import OLD_LINE_ENDS, has_old_line_ends, why_unreadable

Result = TypeVar("Result")
KINDS = (".csv", ".csv.gz", ".parquet")
GARBLED = ("\0", "\ufffd")
"""A character in the header of a file that is not UTF-8 text."""


def read(work: Callable[[], Result], problem: Callable[[], str]) -> Result:
    """The result of `work`. Raises `DataRefused` if it cannot read, without the library's message, which may quote a
    record.

    Raises RunFailed if the disk is full or the machine is at fault otherwise.
    """
    try:
        return work()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        trouble = of_the_machine(error)
    if trouble:
        raise RunFailed(f"the extracts could not be read and stored: {trouble}")
    raise DataRefused(problem())  # outside the except block, so that no exception chain is attached


@dataclass(frozen=True)
class Source:
    """One file: CSV as text, Parquet in its own types."""

    path: Path
    ragged: tuple[int, ...] = ()
    """Rows of a CSV, from 0, that have more fields than the header."""
    short: tuple[int, ...] = ()
    """Rows of a CSV, from 0, that have fewer."""
    tidy: Mapping[str, Collection[str] | None] = field(default_factory=dict, hash=False)
    """Columns of which the first look has seen that no text has space around it or means "nothing recorded", each with
    its different texts, or None for many."""
    has_plain_lines: bool = False
    """Whether the first look has seen that each row of a CSV is one line, with as many fields as the header."""
    leave_out: tuple[str, ...] = ()
    """Columns that are never read, in any case."""

    @property
    def is_parquet(self) -> bool:
        return self.path.suffix.lower() == ".parquet"

    @cached_property
    def schema(self) -> pl.Schema:
        """Column name → type. Raises `DataRefused` if the file cannot be read."""
        if why := read(lambda: too_large(self.path), self._unreadable):
            raise DataRefused(f"{self.path.name} {why}")
        if not self.is_parquet and has_old_line_ends(self.path):
            raise DataRefused(f"{self.path.name} {OLD_LINE_ENDS}")
        schema = read(lambda: self.scan().collect_schema(), self._unreadable)
        if any(sign in name for name in schema for sign in GARBLED):
            raise DataRefused(self._unreadable())
        return schema

    def _unreadable(self) -> str:
        return f"{self.path.name} {why_unreadable(self.path)}"

    def scan(self) -> pl.LazyFrame:
        if self.is_parquet:
            frame = scan_parquet(self.path)
        else:
            frame = scan_csv(self.path, infer_schema=False, truncate_ragged_lines=bool(self.ragged))
        unread = {name.lower() for name in self.leave_out}
        return frame.drop([name for name in frame.collect_schema() if name.lower() in unread]) if unread else frame

    def flat(self) -> pl.LazyFrame:
        """Every column except lists and records."""
        return self.scan().select(name for name, dtype in self.schema.items() if not dtype.is_nested())

    def sibling(self, stem: str) -> Source | None:
        """The file with that stem, in any case, in the same folder."""
        for path in sorted(self.path.parent.iterdir()):
            kind = next((kind for kind in KINDS if path.name.lower().endswith(kind)), None)
            if kind and path.name[: -len(kind)].lower() == stem.lower():
                return Source(path, leave_out=self.leave_out)
        return None
