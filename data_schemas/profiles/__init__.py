"""Built-in column mappings: how the names of a real extract become ours.

Each `<profile>.toml` says in `[tables.<our table>]`:

- `columns`: our column → the source's names for it; the first that the extract has is read. Names match whatever their case.
- `values`: our column → {source's value → ours}; a value that is not listed stays as it is.
- `nulls`: texts that mean "nothing recorded", in any column; `null_dates`: days that do, in any date column.
- `date_formats`: tried in order; a format without a day (`%m%Y`) means the first of the month.
- `fixed`: our column → the value of every row, where the source has none.
- `keep`, `drop`: source column → values; other rows are left out as not meant for this table (never as rejects).
- `joins`: a file of the same folder, found by its stem, joined on `left` = `right` (left join) for its columns in `take`.

`identifying` lists source columns that would identify people: an extract that has one of them, filled, is refused.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from data_schemas.tables import TABLES

_FOLDER = Path(__file__).parent


class Join(BaseModel):
    """A second file of the same source, beside the extract."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: str
    left: str
    right: str
    take: tuple[str, ...]


class TableMapping(BaseModel):
    """How one source file becomes one of our tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    columns: dict[str, tuple[str, ...]] = {}
    values: dict[str, dict[str, str]] = {}
    nulls: tuple[str, ...] = ()
    null_dates: tuple[dt.date, ...] = ()
    date_formats: tuple[str, ...] = ()
    fixed: dict[str, str] = {}
    keep: dict[str, tuple[str, ...]] = {}
    drop: dict[str, tuple[str, ...]] = {}
    joins: tuple[Join, ...] = ()

    def resolve(self, header: Iterable[str], overrides: dict[str, str] | None = None) -> dict[str, str]:
        """Our column → the source column to read, for an extract with this header; `overrides` (site.toml) win."""
        there = {name.lower(): name for name in header}
        found = {
            ours: [there[name.lower()] for name in theirs if name.lower() in there]
            for ours, theirs in self.columns.items()
        }
        return {ours: names[0] for ours, names in found.items() if names} | (overrides or {})


class Profile(BaseModel):
    """One built-in profile: the tables it feeds and where its names come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    source: str
    layout: str
    identifying: tuple[str, ...] = ()
    tables: dict[str, TableMapping]


def names() -> list[str]:
    """The built-in profiles."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


@cache
def load(profile: str) -> Profile:
    """A built-in profile; `FileNotFoundError` for a name that is not in `names()`."""
    return Profile.model_validate(tomllib.loads((_FOLDER / f"{profile}.toml").read_text(encoding="utf-8")))


def mapping(profile: str | None, table: str) -> TableMapping:
    """How an extract under this profile becomes `table`; our own names are read where the profile's are absent."""
    declared = TableMapping() if profile is None else load(profile).tables[table]
    columns = {ours: (*declared.columns.get(ours, ()), ours) for ours in TABLES[table].column_names()}
    return declared.model_copy(update={"columns": columns})


def identifying(profile: str | None) -> tuple[str, ...]:
    """Source columns of this profile that would identify people."""
    return () if profile is None else load(profile).identifying
