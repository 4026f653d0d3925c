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
NOTHING = ["", "NULL", "99"]


@pytest.mark.parametrize(
    ("texts", "is_tidy"),
    [(REPEATED, True), ([*REPEATED, " a1"], False),
     ([*REPEATED, "a1\u00a0"], False), ([*REPEATED, "NULL"], False), ([*REPEATED, ""], False),
     (["a1", "b2", "NUL", "98"], True), (["a1", "b2 "], False), ([None], True), (["99"], False),
     ([f"a{n}" for n in range(2 * values.FIRST_ROWS)], True), ([f"a {n}" for n in range(2 * values.FIRST_ROWS)], False)],
    ids=["repeated", "space before", "another space after", "a word for nothing", "empty", "few", "few, space after", "none",
         "the profile's word for nothing", "many", "too many to check"],
)  # fmt: skip
def test_texts_without_space_around_them_and_words_for_nothing_are_tidy(texts, is_tidy):
    signs, found = values.first_look(pl.Series(texts, dtype=pl.String), NOTHING)
    assert (signs.sum(), found) == (0, is_tidy)


@pytest.mark.parametrize("others", [[], REPEATED], ids=["few", "among repeated ones"])
def test_a_sign_is_found_whether_or_not_it_is_tidy(others):
    signs, is_tidy = values.first_look(pl.Series([*others, " WN1 1AA", "a@b.uk"]), [""])
    assert (signs.to_list()[-2:], signs.sum(), is_tidy) == ([True, True], 2, False)


PIECES = ["0", "01", "07700", "900", "123", "4567", "10", "+44", "0044", "-", " ", ".", ".0", "(", ")", "@", "WN", "wn1", "1AA",
          "sw1a", "E", "High Street", "12", ",", "NULL", "N/A", "\u00a0", "\u212a", "\u017f", "x", "a.b"]  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.none(), min_size=1, max_size=30))
def test_the_first_look_finds_what_the_patterns_find(texts):
    text = pl.Series(texts, dtype=pl.String)
    bare = text.str.strip_chars()
    signs, is_tidy = values.first_look(text, NOTHING)
    assert signs.to_list() == bare.str.contains(values.FIRST_SIGN).fill_null(value=False).to_list()
    assert is_tidy == (bare.eq_missing(text) & ~text.is_in(NOTHING).fill_null(value=False)).all()


def test_a_text_that_became_missing_has_no_sign():
    text = pl.select(pl.when(pl.Series([True, False])).then(pl.Series(["c1", "a@b.uk"]))).to_series()
    signs, is_tidy = values.first_look(text, NOTHING)
    assert (signs.sum(), is_tidy) == (0, True)
