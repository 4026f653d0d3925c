"""Profiles map the column names of a real extract to ours. Some are built in; a site can write its own in the same
form.

Each `<profile>.toml` says in `[tables.<our table>]`:

- `columns`: our column → the source's name for it, or several: the first that a file has is read. Case does not
  matter.
- `values`: our column → {source's value = ours}; a value that is not listed is unchanged, and `""` means that nothing
  is recorded.
- `nulls`: texts that mean "nothing recorded" in any column, added to `COMMON_NULLS`; `null_dates`: days that mean it in
  any date column.
- `date_formats`: tried in order; a format without a day (`%m%Y`) means the first of the month.
- `fixed`: our column → the value of every row, where the source has none.
- `keep`, `drop`: source column → values, in any case; other rows are not part of this table (never rejects). An absent
  column filters nothing.
- `deleted`: source column → values that withdraw the record whose key the row has.
- `key`: source columns that make the key of a record; left out, the one read as `row_id`. `scope`: the column within
  which it is unique, the first that a file has; left out, within the whole table.
- `version`: source columns that say which of several rows with one key is the newest; the first that a file has is
  read, last `version`. Without one the order of the file names says it.
- `leading`: our column → how many of its first characters count (a trust's sites share the first three of their codes).
- `last_days`: our date columns for which the source names the last day, where we want the first day after it.
- `ends_with_source`: our date columns in which the source's own last day means "not ended".
- `joins`: a file in the same folder, matched by its stem in any case, joined (left) on `left` = `right` for its
  columns in `take`.
- `templates`: our column made of several, such as `"{year_of_birth}-{month_of_birth}-01"`.
- `split`: one source column that lists several values, split into `diag_01`, `diag_02` …; further values go into
  `rest`.

- `infers`: what only several rows or columns of OMOP say together (`data_schemas.profiles.omop`): `admission_methods`
  or
  `ends`.

`translate` applies all of this except dates. `identifying` lists source columns that would identify people: an extract
that has one of them, filled, is refused. A glob may match files with different headers: each is resolved by itself.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from data_schemas.tables import TABLES

_FOLDER = Path(__file__).parent
COMMON_NULLS = (
    "", "-", "&", ".", "NULL", "Null", "null", "(null)", "<NULL>", "<null>", "\\N", "N/A", "n/a", "#N/A", "NA", "<NA>", "NaN", "nan",
    "NAN", "NaT", "None", "none", "NONE",
)  # fmt: skip
"""Texts that mean "nothing recorded" in every table, as databases, spreadsheets and data frames write them."""


def _several(written: object) -> object:
    """A single name counts as a list of one."""
    return (written,) if isinstance(written, str) else written


Names = Annotated[tuple[str, ...], BeforeValidator(_several)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Join(_Declared):
    """A second file from the same source and folder. If it is `optional` and missing, its columns are absent."""

    file: str
    left: Names
    right: str
    take: Names
    optional: bool = False


class Split(_Declared):
    """A source column with several values in one text, separated by the regular expression `separators`."""

    columns: Names
    separators: str
    into: str
    rest: str = "further_diagnoses"


class TableMapping(_Declared):
    """How one source file becomes one of our tables."""

    columns: dict[str, Names] = {}
    values: dict[str, dict[str, str]] = {}
    nulls: Names = ()
    null_dates: tuple[dt.date, ...] = ()
    date_formats: Names = ()
    fixed: dict[str, str] = {}
    keep: dict[str, Names] = {}
    drop: dict[str, Names] = {}
    deleted: dict[str, Names] = {}
    key: Names = ()
    scope: Names = ()
    version: Names = ()
    leading: dict[str, int] = {}
    last_days: Names = ()
    ends_with_source: Names = ()
    joins: tuple[Join, ...] = ()
    templates: dict[str, str] = {}
    split: Split | None = None
    infers: Literal["", "admission_methods", "ends"] = ""

    def resolve(self, header: Iterable[str], overrides: Mapping[str, str] | None = None) -> dict[str, str]:
        """Our column → the source column to read, for a file with this header. `overrides` (site.toml) win."""
        there = spelt(header)
        columns = {
            ours: next((there[name.lower()] for name in theirs if name.lower() in there), None)
            for ours, theirs in self.columns.items()
        }
        return {ours: name for ours, name in columns.items() if name is not None} | dict(overrides or {})

    def key_of(self, header: Iterable[str], overrides: Mapping[str, str] | None = None) -> list[str]:
        """The source columns that make up a record's key, in a file with this header. Empty if it has no keys."""
        there = spelt(header)
        own = [there[name.lower()] for name in self.key if name.lower() in there]
        row_id = self.resolve(there.values(), overrides).get("row_id")
        return own or ([row_id] if row_id is not None else [])


class Profile(_Declared):
    """One profile: the tables it feeds and where its names come from."""

    title: str = ""
    source: str = ""
    layout: str = ""
    identifying: Names = ()
    tables: dict[str, TableMapping]


def spelt(header: Iterable[str]) -> dict[str, str]:
    """Lower-case name → the name as the file spells it. Of names that differ only in case, the first counts."""
    names: dict[str, str] = {}
    for name in header:
        names.setdefault(name.lower(), name)
    return names


def names() -> list[str]:
    """The names of the built-in profiles."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


@cache
def load(profile: str) -> Profile:
    """A built-in profile. Raises `FileNotFoundError` for a name that is not in `names()`."""
    return read(_FOLDER / f"{profile}.toml")


def read(path: Path) -> Profile:
    """The profile in a file. Raises `OSError`, `ValueError` or pydantic's `ValidationError` if it is not one."""
    return Profile.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))


def mapping(profile: Profile | str | None, table: str) -> TableMapping:
    """How an extract under this profile becomes `table`. If the profile's names are absent, our own are read."""
    known = load(profile) if isinstance(profile, str) else profile
    declared = TableMapping() if known is None else known.tables[table]
    columns = {ours: (*declared.columns.get(ours, ()), ours) for ours in TABLES[table].column_names()}
    return declared.model_copy(update={"columns": columns, "version": (*declared.version, "version")})


def identifying(profile: Profile | str | None) -> Names:
    """Source columns of this profile that could identify people."""
    known = load(profile) if isinstance(profile, str) else profile
    return () if known is None else known.identifying
