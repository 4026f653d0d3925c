"""Turns guesses into the sections of `site.toml`: one path or glob per table, its date format, its diagnosis codes."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import polars as pl

from data_schemas import profiles
from data_schemas.profiles import spelt
from data_schemas.tables import COMMUNITY_ASSETS, TABLES
from pipeline.drafting.guess import Guess, as_table
from pipeline.ingest.parsing import days
from pipeline.ingest.source_file import Source
from pipeline.ingest.sources import Table
from pipeline.settings.paths import matching
from pipeline.words import counted

SAMPLE = 2_000
"""Number of first rows used to guess the format of dates and codes."""
READABLE = 0.98
"""Share of dates that a format must read to count as right."""
DAY_FIRST = (
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
)
OTHER = ("%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%m/%Y", "%b-%Y", "%d/%m/%y", "%d-%b-%y", "%m/%d/%Y", "%m/%d/%Y %H:%M:%S")
_ICD10 = r"^[A-Za-z][0-9]"
MOSTLY = 0.5
MONTH = "%Y-%m"
"""The format of the birth month, which is always read as a month."""


@dataclass(frozen=True)
class Section:
    """One guessed section `[extracts.<table>]`."""

    table: str
    path: str
    files: tuple[Path, ...]
    guess: Guess
    date_format: str | None = None
    unreadable_dates: bool = False
    """Whether there are dates that no known format reads."""
    diag_system: str | None = None

    @property
    def joined(self) -> list[Path]:
        """Files that the profile joins to the table's own."""
        joins = profiles.mapping(self.guess.profile, self.table).joins if self.guess.profile else ()
        sources = [Source(file).sibling(join.file) for file in self.files for join in joins]
        return [source.path for source in sources if source is not None]

    @property
    def births(self) -> list[str]:
        """Columns of the first file that hold a day of birth, according to the profile."""
        header = spelt(Source(self.files[0]).schema) if self.table == "registrations" else {}
        known = profiles.identifying(self.guess.profile) if self.guess.profile else ()
        return [header[name.lower()] for name in known if "birth" in name.lower() and name.lower() in header]

    @property
    def grounds(self) -> str:
        """The reasons, in a few words."""
        how = f"profile {self.guess.profile}" if self.guess.profile else "the columns have our names"
        if self.table == COMMUNITY_ASSETS:
            return "Open Referral UK services"
        return f"{counted(len(self.files), 'file')}; {how}; {self.guess.read} of {len(TABLES[self.table].column_names())} columns found"


def section(table: str, candidates: list[tuple[Guess, Path]], data_dir: Path) -> Section:
    """The section of a table, from all files that may fill it. It uses the files of the best guess under one path."""
    best, first = max(candidates, key=lambda pair: pair[0].fit)
    alike = [path for guess, path in candidates if guess.profile == best.profile and guess.columns == best.columns]
    path, files = _path(first, alike, data_dir)
    if len(files) < len(alike) and _are_parts(table, best, alike):
        path, files = _either(alike, data_dir), tuple(alike)
    if table == COMMUNITY_ASSETS:
        return Section(table, path, files, best)
    source = Source(first)
    rows = as_table(source, table, best.profile, best.columns)
    sample = rows.rows(source).head(SAMPLE).collect()
    date_format, unreadable = _dates(rows, sample)
    return Section(table, path, files, best, date_format, unreadable, _diagnoses(sample))


def _path(first: Path, files: list[Path], data_dir: Path) -> tuple[str, tuple[Path, ...]]:
    """A glob that matches exactly these files, or else only the first of them."""
    names = [path.relative_to(data_dir).as_posix() for path in files]
    start = _shared_start(names)
    end = _shared_start([name[len(start) :][::-1] for name in names])[::-1]
    for glob in (f"{re.sub(r'[0-9]+$', '', start)}*{re.sub(r'^[0-9]+', '', end)}", f"{start}*{end}"):
        if len(files) > 1 and set(matching(data_dir, glob)) == set(files):
            return glob, tuple(files)
    return first.relative_to(data_dir).as_posix(), (first,)


def _are_parts(table: str, guess: Guess, files: list[Path]) -> bool:
    """Whether the profile reads other columns in each file, so that they are parts of one table and not copies of
    it."""
    mapping = profiles.mapping(guess.profile, table)
    read = [tuple(sorted(mapping.resolve(Source(file).schema).items())) for file in files]
    return guess.profile is not None and len(set(read)) == len(files)


def _either(files: list[Path], data_dir: Path) -> str:
    """A glob that matches either file: `{a,b}.csv`."""
    names = [path.relative_to(data_dir).as_posix() for path in files]
    end = _shared_start([name[::-1] for name in names])[::-1]
    return f"{{{','.join(name.removesuffix(end) for name in names)}}}{end}"


def _shared_start(texts: Collection[str]) -> str:
    """The characters that all texts start with."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    return "".join(letters[0] for letters in alike)


def _dates(table: Table, sample: pl.DataFrame) -> tuple[str | None, bool]:
    """The format needed in addition to the profile's and ISO 8601, and whether there are dates that no format reads."""
    dates = [name for name, column in TABLES[table.name].columns().items() if column.dtype == pl.Date]
    written = [name for name in dates if sample.schema.get(name) == pl.String]
    texts = pl.Series([text for name in written for text in sample[name].drop_nulls()], dtype=pl.String)
    months = [MONTH] if table.name == "registrations" else []
    if texts.is_empty() or _share_read(texts, [*table.date_formats, *months]) >= READABLE:
        return None, False
    best = max((*DAY_FIRST, *OTHER), key=lambda one: _share_read(texts, [one]))
    share = _share_read(texts, [best, *months])
    return (best, False) if share >= READABLE else (None, True)


def _share_read(texts: pl.Series, formats: Collection[str]) -> float:
    return float(texts.to_frame("text").select(days(pl.col("text"), formats).is_not_null().mean()).item())


def _diagnoses(sample: pl.DataFrame) -> str | None:
    """`icd9` if most first diagnoses cannot be ICD-10. None if they can, or there are none."""
    codes = sample["diag_01"].drop_nulls() if "diag_01" in sample.columns else pl.Series(dtype=pl.String)
    looks = codes.str.contains(_ICD10).mean()
    return "icd9" if isinstance(looks, float) and looks < MOSTLY else None
