"""The likelihood of loneliness compared with what is recorded."""

from __future__ import annotations

from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.features.agreement import concordance, loneliness_check


def parts(recorded, likely):
    return pl.LazyFrame({"known_lonely": recorded, "loneliness_likelihood": likely})


def test_the_agreement_is_reported_with_its_limits():
    notice = loneliness_check(parts([1.0] * 20 + [0.0] * 60, [0.4] * 20 + [0.1] * 60))
    assert notice.name == "loneliness_check"
    assert notice.detail == (
        "Recorded as lonely or isolated: 20 of 80 people; their mean likelihood is 40.0%, that of the others 10.0% (concordance 1.00). "
        "Not being recorded does not mean not being lonely."
    )


def test_too_few_recorded_say_nothing():
    assert "too few" in loneliness_check(parts([1.0] * 19 + [0.0] * 60, [0.4] * 79)).detail
    assert loneliness_check(parts([0.0] * 9, [0.4] * 9)) is None


def test_children_have_no_likelihood_and_are_left_out():
    notice = loneliness_check(parts([1.0] * 25 + [0.0] * 25, [0.4] * 20 + [None] * 5 + [0.1] * 25))
    assert notice.detail.startswith("Recorded as lonely or isolated: 20 of 45")


def test_a_site_without_these_features():
    assert loneliness_check(pl.LazyFrame({"age": [1.0]})) is None


scored = st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1, max_size=8)


@given(scored, scored)
def test_concordance_pair_by_pair(lonely, others):
    pairs = [1 if a > b else 0.5 if a == b else 0 for a, b in product(lonely, others)]
    people = pl.DataFrame({"recorded": [True] * len(lonely) + [False] * len(others), "likely": lonely + others})
    assert concordance(people) == pytest.approx(sum(pairs) / len(pairs))
