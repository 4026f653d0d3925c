"""The texts of a tidy column are noted while they are few."""

from __future__ import annotations

import polars as pl

from pipeline.ingest.tidy import FEW, Tidy


def test_different_texts_are_noted_part_by_part():
    tidy = Tidy(["a", "b"])
    tidy.note("a", pl.Series(["x", None]))
    tidy.note("a", pl.Series(["y", "x"]))
    assert tidy.texts == {"a": {"x", "y"}, "b": set()}


def test_a_column_that_is_untidy_once_stays_so():
    tidy = Tidy(["a", "b"])
    tidy.note("a", None)
    tidy.note("a", pl.Series(["x"]))
    assert tidy.texts == {"b": set()}


def test_many_texts_are_not_noted_however_they_come():
    tidy = Tidy(["a", "b"])
    numbers = pl.Series([str(number) for number in range(FEW + 1)])
    tidy.note("a", numbers)
    for part in (numbers[:60], numbers[60:], numbers[:1]):
        tidy.note("b", part)
    assert tidy.texts == {"a": None, "b": None}
