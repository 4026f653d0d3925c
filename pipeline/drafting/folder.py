"""Finds the files in a folder that may be extracts or code lists."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import polars as pl

from data_schemas.tables import EXTRACTS
from pipeline.ingest.source_file import Source

KINDS = (".csv", ".csv.gz", ".parquet", ".json")
CODE_LIST = {"concept", "system", "code", "term"}
OURS = {"store", "lists", "feedback", "check"}
"""Folders that Neighbourly or its users write. Nothing in them is an extract."""


def data_files(place: Path) -> list[Path]:
    """Every file that may be an extract or a code list, sorted. Hidden files and our own outputs are left out."""
    paths = (path for path in place.rglob("*") if path.is_file() and path.name.lower().endswith(KINDS))
    return sorted(path for path in paths if not _is_ours(path.relative_to(place)) and not _in_output(path, place))


def _is_ours(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts) or bool(OURS & set(relative.parts[:-1]))


def _in_output(path: Path, place: Path) -> bool:
    """Whether the file is in a run's output folder, which holds a `store`."""
    return any((parent / "store").is_dir() for parent in path.parents if parent != place and place in parent.parents)


def common_folder(place: Path, data_files: Collection[Path]) -> Path:
    """The one folder that contains all extracts. Code lists do not count."""
    lists = set(code_lists(data_files))
    extracts = [str(path.parent) for path in data_files if path not in lists]
    return Path(os.path.commonpath(extracts)) if extracts else place


def code_lists(data_files: Collection[Path]) -> tuple[Path, ...]:
    """The CSV files with the columns of a code list."""
    tables = (path for path in data_files if path.name.lower().endswith(".csv"))
    return tuple(path for path in tables if {name.lower() for name in header(path)} >= CODE_LIST)


def header(path: Path) -> list[str]:
    """Column names; empty if the file cannot be read as a table."""
    try:
        return list(Source(path).scan().collect_schema())
    except (pl.exceptions.PolarsError, OSError):
        return []


def in_order(tables: Collection[str]) -> list[str]:
    """Tables in the contract's order."""
    return [name for name in EXTRACTS if name in tables]
