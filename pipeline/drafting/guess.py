"""Guesses which tables a file can fill from its column names: by a built-in profile, by our own names, or by
similarity.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from data_schemas import profiles
from data_schemas.assets import records
from data_schemas.errors import DataRefused
from data_schemas.profiles import TableMapping
from data_schemas.profiles.translate import JoinLacksColumn
from data_schemas.tables import COMMUNITY_ASSETS, TABLES, missing_columns, required_columns
from pipeline.ingest import names
from pipeline.ingest.source_file import Source
from pipeline.ingest.sources import Table
from pipeline.settings import Extract

FEWEST_READ = 2
"""The fewest columns of a table that a file must have. Columns that a profile fixes do not count."""
_PSEUDONYM = re.compile(r"pseudo|person|patient|client|token|encrypted|participant|subject")


@dataclass(frozen=True)
class Guess:
    """One way for one file to fill one table."""

    table: str
    profile: str | None
    columns: dict[str, str]
    """Our column → the file's column, for those that only have similar names."""
    missing: tuple[str, ...]
    """Required columns that no column of the file resembles."""
    read: int
    """Number of the table's columns that the file has."""

    @property
    def is_likely(self) -> bool:
        """Whether at least half of the required columns are there."""
        return self.read >= FEWEST_READ and 2 * len(self.missing) <= len(required_columns(self.table))

    @property
    def fit(self) -> tuple[int, int, int, bool]:
        """Sort key for guesses. Greater is better: nothing missing, many columns read, few by similarity, and our own
        names before a profile's.
        """
        return -len(self.missing), self.read, -len(self.columns), self.profile is None


def guesses(path: Path) -> list[Guess]:
    """The tables that a file most likely fills: one, or several if a profile separates its rows. Empty if unknown."""
    if path.name.lower().endswith(".json"):
        return [Guess(COMMUNITY_ASSETS, None, {}, (), 0)] if _is_community_book(path) else []
    source = Source(path)
    possible = [guess for table, profile in _pairs() if (guess := _guess(source, table, profile))]
    likely = [guess for guess in possible if guess.is_likely]
    if not likely:
        return []
    best = max(likely, key=lambda guess: guess.fit)
    return [best, *(guess for guess in likely if guess is not best and _shares_rows(guess, best))]


def _is_community_book(path: Path) -> bool:
    return any(isinstance(record, dict) and {"name", "status"} <= record.keys() for _, record in records(path, []))


def _pairs() -> list[tuple[str, str | None]]:
    """Every table with our own names, and every table of every profile."""
    fed = [(table, name) for name in profiles.names() for table in profiles.load(name).tables]
    return [*((table, None) for table in TABLES), *fed]


def _shares_rows(guess: Guess, best: Guess) -> bool:
    """Whether the profile takes separate rows for each of the two tables from one file (OMOP's visits)."""
    if guess.missing or best.profile is None or guess.profile != best.profile:
        return False
    tables = profiles.load(best.profile).tables
    keep, kept = tables[guess.table].keep, tables[best.table].keep
    return bool(keep and kept) and keep.keys() == kept.keys()


def _guess(source: Source, table: str, profile: str | None) -> Guess | None:
    """How the file fills the table under a profile. None if it cannot be read that way."""
    mapping = profiles.mapping(profile, table)
    try:
        by_name = _read(source, table, profile, mapping, {})
        alike = _alike(list(source.schema), table, mapping, by_name)
        present = _read(source, table, profile, mapping, alike)
    except (FileNotFoundError, JoinLacksColumn, pl.exceptions.PolarsError, DataRefused):
        return None
    return Guess(table, profile, alike, tuple(missing_columns(table, present)), len(present - mapping.fixed.keys()))


def _read(source: Source, table: str, profile: str | None, mapping: TableMapping, columns: dict[str, str]) -> set[str]:
    """Our columns that ingest would read from the file."""
    rows = as_table(source, table, profile, columns, mapping).rows(source)
    return set(rows.collect_schema().names()) & set(TABLES[table].column_names())


def as_table(
    source: Source, table: str, profile: str | None, columns: dict[str, str], mapping: TableMapping | None = None
) -> Table:
    """The file as ingest would open it."""
    extract = Extract(path=source.path.name, profile=profile, columns=columns, files=(source.path,))
    return Table(table, extract, mapping or profiles.mapping(profile, table), (source,))


def _alike(header: list[str], table: str, mapping: TableMapping, read: Collection[str]) -> dict[str, str]:
    """Our columns that are not read by name → the file's column with a similar name, in our spelling or a profile's."""
    taken = set(mapping.resolve(header).values())
    free = {_bare(name): name for name in header if name not in taken}
    matches = {
        ours: next((free[name] for name in spellings if name in free), None)
        for ours, spellings in _spellings(table).items()
        if ours not in read
    }
    alike = {ours: theirs for ours, theirs in matches.items() if theirs is not None}
    if "person_id" in TABLES[table].column_names() and "person_id" not in {*read, *alike}:
        alike |= _pseudonym([name for name in header if name not in {*taken, *alike.values()}])
    return alike


def _pseudonym(header: list[str]) -> dict[str, str]:
    """The first column whose name refers to a person but not to an identifier such as a name."""
    fitting = (name for name in header if _PSEUDONYM.search(_bare(name)) and names.meaning(name) is None)
    name = next(fitting, None)
    return {} if name is None else {"person_id": name}


@cache
def _spellings(table: str) -> dict[str, tuple[str, ...]]:
    """Our column → its bare names in any profile, ours first."""
    declared = [
        profiles.load(name).tables[table].columns for name in profiles.names() if table in profiles.load(name).tables
    ]
    return {
        ours: tuple(
            dict.fromkeys(map(_bare, [ours, *(name for columns in declared for name in columns.get(ours, ()))]))
        )
        for ours in TABLES[table].column_names()
    }


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
