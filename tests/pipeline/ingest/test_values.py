"""The test that separates NHS numbers from chance, compared with the exact binomial."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest import values


@given(st.integers(1, 60).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_more_than_chance_is_the_exact_binomial_tail(case):
    valid, of = case
    tail = sum(comb(of, k) * Fraction(1, 11) ** k * Fraction(10, 11) ** (of - k) for k in range(valid, of + 1))
    assert values.exceeds_chance(valid, of) == (valid * 11 > of and tail < Fraction(1, 1000))


def test_many_values_are_judged_without_overflow():
    assert not values.exceeds_chance(18_182, 200_000)
    assert values.exceeds_chance(18_900, 200_000)


REPEATED = ["a1", "b2", None] * values.FIRST_ROWS


@pytest.mark.parametrize(
    ("texts", "is_tidy"),
    [(REPEATED, True), ([*REPEATED, " a1"], False),
     ([*REPEATED, "a1\u00a0"], False), ([*REPEATED, "NULL"], False), ([*REPEATED, ""], False),
     (["a1", "b2"], True), (["a1", "b2 "], False), ([None], True), ([f"a{n}" for n in range(2 * values.FIRST_ROWS)], False)],
    ids=["repeated", "space before", "another space after", "a word for nothing", "empty", "few", "few, space after", "none",
         "too many to check"],
)  # fmt: skip
def test_texts_without_space_around_them_and_words_for_nothing_are_tidy(texts, is_tidy):
    signs, found = values.first_look(pl.Series(texts, dtype=pl.String), ["", "NULL"])
    assert signs.sum() == 0
    assert (set(found) if is_tidy else found) == (set(texts) if is_tidy else None)


@pytest.mark.parametrize("others", [[], REPEATED], ids=["few", "among repeated ones"])
def test_a_sign_is_found_whether_or_not_it_is_tidy(others):
    signs, tidy = values.first_look(pl.Series([*others, " WN1 1AA", "a@b.uk"]), [""])
    assert (signs.to_list()[-2:], signs.sum(), tidy) == ([True, True], 2, None)
