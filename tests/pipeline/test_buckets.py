"""A table is read by buckets of people: nobody is left out, and nobody is read twice."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.buckets import in_buckets, of_bucket, rows_of
from pipeline.events import BUCKET_PEOPLE

PEOPLE = [0, 0, 5, BUCKET_PEOPLE - 1, BUCKET_PEOPLE, 2 * BUCKET_PEOPLE - 1, 2 * BUCKET_PEOPLE, 9 * BUCKET_PEOPLE]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.parquet"
    pl.DataFrame({"person": PEOPLE, "row": range(len(PEOPLE))}, {"person": pl.Int32, "row": pl.Int64}).write_parquet(
        path
    )
    return path


@pytest.mark.parametrize("buckets", [1, 2, 3, 4, 10, 12])
def test_the_buckets_of_a_table_are_the_table(table: Path, buckets: int) -> None:
    parts = in_buckets(lambda bucket: rows_of(table, bucket, buckets), buckets)
    assert pl.concat(parts).equals(pl.read_parquet(table))


def test_the_last_bucket_has_everyone_with_a_higher_number(table: Path) -> None:
    assert [rows_of(table, bucket, 2)["person"].to_list() for bucket in range(2)] == [PEOPLE[:4], PEOPLE[4:]]


@pytest.mark.parametrize("buckets", [1, 3, 10])
def test_a_bucket_of_a_frame_is_that_of_its_file(table: Path, buckets: int) -> None:
    frame = pl.read_parquet(table)
    for bucket in range(buckets):
        assert of_bucket(frame, bucket, buckets).equals(rows_of(table, bucket, buckets))
