"""Rows of a bucket in the order of people, and which repeat an earlier one."""

from __future__ import annotations

import random

import polars as pl
import pytest

from pipeline.ingest.ordering import by_people


@pytest.mark.parametrize("rows", [0, 1, 2, 3000])
def test_people_are_together_as_they_came_and_the_first_of_equal_rows_is_none(rows):
    draw = random.Random(rows)
    person = [draw.randint(7, 60) for _ in range(rows)]
    keys = [draw.choice([None, 0, 1, 2**40, 2**64 - 1]) for _ in range(rows)]
    frame = pl.DataFrame({"person": person, "key": keys}, {"person": pl.Int32, "key": pl.UInt64})
    order, repeats = by_people(frame["person"], frame["key"])
    expected = frame.with_row_index().sort("person", maintain_order=True)
    both = pl.struct("person", "key")
    repeated = expected.select(pl.col("key").is_not_null() & ~both.is_first_distinct()).to_series()
    assert order.tolist() == expected["index"].to_list()
    assert repeats.tolist() == repeated.to_list()
