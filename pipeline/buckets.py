"""Reads a table of the store bucket by bucket, so that the rows of only some people are in memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import polars as pl

from data_schemas.disk import scan_parquet
from pipeline.engine import AT_ONCE
from pipeline.events import BUCKET_PEOPLE

Made = TypeVar("Made")


def rows_of(table: Path, bucket: int, buckets: int) -> pl.DataFrame:
    """The rows of the people in one of some buckets. The last bucket includes everyone with a higher number."""
    is_own = pl.col("person") >= bucket * BUCKET_PEOPLE
    if bucket < buckets - 1:
        is_own &= pl.col("person") < (bucket + 1) * BUCKET_PEOPLE
    return scan_parquet(table).filter(is_own).collect()


def of_bucket(people: pl.DataFrame, bucket: int, buckets: int) -> pl.DataFrame:
    """The rows of one bucket in a frame sorted by person, without a copy."""
    first, last = bucket * BUCKET_PEOPLE, (bucket + 1) * BUCKET_PEOPLE
    start = people["person"].search_sorted(first)
    return people[start : people["person"].search_sorted(last) if bucket < buckets - 1 else None]


def in_buckets(of: Callable[[int], Made], buckets: int) -> list[Made]:
    """What a function makes of each bucket, two at a time, in order of buckets."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(of, range(buckets)))
