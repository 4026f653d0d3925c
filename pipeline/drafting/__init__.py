"""Drafts a first `site.toml` from the files of a folder, for `neighbourly init`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data_schemas.errors import ConfigurationError
from data_schemas.tables import REQUIRED
from pipeline.drafting import folder as files
from pipeline.drafting.guess import Guess, guesses
from pipeline.drafting.sections import Section, section
from pipeline.drafting.writing import site_toml


@dataclass(frozen=True)
class Draft:
    """The written file and the reasons for its guesses."""

    path: Path
    sections: tuple[Section, ...]
    unused: tuple[str, ...]
    """Files that match no table, or whose table other files fill."""
    missing: tuple[str, ...]
    """Required tables without a file."""


def draft(place: Path) -> Draft:
    """Write `site.toml` into a folder, from the files in it and its subfolders.

    Raises `ConfigurationError` and writes nothing if the folder does not exist, holds no extracts, or already has a
    site.toml.
    """
    target = place / "site.toml"
    if not place.is_dir():
        raise ConfigurationError(f"{place}: this folder does not exist; give the folder that holds your extracts")
    if target.exists():
        raise ConfigurationError(f"{target}: already exists and was not changed; move it away to get a new one")
    data_files = files.data_files(place)
    if not data_files:
        kinds = ", ".join(files.KINDS)
        raise ConfigurationError(f"{place}: no extracts here; put files that end in {kinds} into it first")
    data_dir = files.common_folder(place, data_files)
    sections, used = _sections(data_files, data_dir)
    lists = files.code_lists(data_files)
    with target.open("x", encoding="utf-8") as out:
        out.write(site_toml(place, data_dir, sections, lists))
    unused = tuple(str(path.relative_to(place)) for path in data_files if path not in {*used, *lists})
    given = {made.table for made in sections}
    return Draft(target, sections, unused, tuple(name for name in REQUIRED if name not in given))


def _sections(data_files: list[Path], data_dir: Path) -> tuple[tuple[Section, ...], set[Path]]:
    """One section per table that a file can fill, in the contract's order, and the files that they read."""
    by_table: dict[str, list[tuple[Guess, Path]]] = {}
    for path in data_files:
        for guess in guesses(path):
            by_table.setdefault(guess.table, []).append((guess, path))
    made = [section(table, by_table[table], data_dir) for table in files.in_order(by_table)]
    return tuple(made), {path for one in made for path in (*one.files, *one.joined)}
