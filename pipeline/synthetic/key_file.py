"""Writes an invented practice's key file, so that you can try re-identification. Nobody in it exists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from stdnum.gb import nhs

from data_schemas.disk import read_parquet

FIRST = [
    "Hazel",
    "Rowan",
    "Holly",
    "Ivy",
    "Willow",
    "Laurel",
    "Heather",
    "Jasper",
    "Basil",
    "Myrtle",
    "Olive",
    "Linden",
]
LAST = ["Wren", "Finch", "Heron", "Swift", "Crane", "Starling", "Lark", "Teal", "Rook", "Merlin", "Plover", "Bunting"]
TEST_RANGE = range(9_990_000_000, 10_000_000_000)
"""The NHS numbers that are reserved for tests."""


def write_key_file(registrations: Path, practice: str, on: dt.date, path: Path) -> int:
    """Write `person_id, practice_code, nhs_number, name` of a practice's patients on a day, and return how many there
    are. Only the owner can read the file.
    """
    here = pl.col("registered_from") <= on, pl.col("registered_to").is_null() | (pl.col("registered_to") > on)
    rows = read_parquet(registrations).filter(pl.col("practice_code") == practice, *here)
    people = rows.select("person_id", "practice_code").unique("person_id").sort("person_id")
    numbers, rng = nhs_numbers(), np.random.default_rng(people.height)
    named = [f"{rng.choice(FIRST)} {rng.choice(LAST)}" for _ in range(people.height)]
    known = people.with_columns(
        nhs_number=pl.Series([next(numbers) for _ in range(people.height)], dtype=pl.String),
        name=pl.Series(named, dtype=pl.String),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    known.write_csv(path)
    return people.height


def nhs_numbers() -> Iterator[str]:
    """NHS numbers from the range for tests, each with a valid check digit (modulus 11)."""
    return (number for number in map(str, TEST_RANGE) if nhs.checksum(number) == 0)
