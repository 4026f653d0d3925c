"""The test that separates NHS numbers from chance, compared with the exact binomial."""

from __future__ import annotations

from fractions import Fraction
from math import comb

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
