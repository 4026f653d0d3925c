"""Gaps between groups, their intervals, and gaps if groups were assigned at random."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models import storage
from models.judging import fairness, gaps
from models.judging.test_dates import load_test


@pytest.fixture(scope="module")
def tested(site):
    return load_test(site.test, site.plan)


@pytest.fixture(scope="module")
def risks(site, tested):
    return tested.risks(storage.load(site.model.path))


def dealt(n: int, extra: float, seed: int = 0):
    """Two groups in two strata. Among people not flagged, the second group has the outcome more often by `extra`."""
    rng = np.random.default_rng(seed)
    group, old = rng.integers(0, 2, n), rng.integers(0, 2, n)
    flagged = rng.random(n) < 0.1
    y = (rng.random(n) < 0.05 + 0.1 * old + extra * group * ~flagged).astype(np.int8)
    person = np.arange(n, dtype=np.int32)
    return gaps.tabulated(y, flagged, person, pl.Series(group.astype(str)), pl.Series(old.astype(str)))


def test_gaps_are_the_widest_differences_between_groups(tested, risks):
    found = gaps.gaps(tested, risks, fairness.groupings(tested))["sex"]
    flagged, women = fairness.flags(risks), (tested.cohort("sex")["sex"] == "2").to_numpy()
    rates = [tested.y[who & ~flagged].mean() for who in (women, ~women)]
    assert found.false_omission_rate_gap.value == pytest.approx(abs(rates[0] - rates[1]))
    assert found.false_omission_rate_gap_adjusted.value != found.false_omission_rate_gap.value


def test_age_and_sex_equal_by_hand():
    """Each group is weighted to everybody's strata: 60 people of one and 40 of the other."""
    cells = np.zeros((1, 2, 2, 4), np.int64)
    cells[0, 0, 0], cells[0, 1, 0] = [36, 4, 0, 0], [5, 5, 0, 0]
    cells[0, 0, 1], cells[0, 1, 1] = [10, 10, 0, 0], [24, 6, 0, 0]
    found = gaps.widest(cells)
    assert found["false_omission_rate_gap"][0] == pytest.approx(abs(9 / 50 - 16 / 50))
    assert found["false_omission_rate_gap_adjusted"][0] == pytest.approx(
        abs((0.6 * 0.1 + 0.4 * 0.5) - (0.6 * 0.5 + 0.4 * 0.2))
    )


def test_a_planted_gap_is_beyond_chance_and_none_is_not():
    name = "false_omission_rate_gap_adjusted"
    planted, alike = gaps.gap(dealt(6000, 0.1), 1), gaps.gap(dealt(6000, 0.0), 1)
    assert planted.chance[name] < 0.01
    assert planted.false_omission_rate_gap_adjusted.low > planted.by_chance[name]
    assert alike.chance[name] > 0.05


def test_chance_is_right_where_groups_are_equal():
    name = "false_omission_rate_gap"
    assert sum(gaps.gap(dealt(1500, 0.0, seed), seed).chance[name] <= 0.1 for seed in range(60)) <= 12


def test_dealing_keeps_the_size_of_every_group_and_what_happened():
    people = dealt(500, 0.0)
    shuffled = gaps.dealt(people.counts, np.random.default_rng(0))
    for axis in (2, 1):
        assert (shuffled.sum(axis=1 + axis) == people.counts.sum(axis=axis)).all()


def test_all_dates_of_a_person_stay_together():
    y, flagged, person = np.array([1, 0, 1, 0], np.int8), np.array([True, False, False, False]), np.array([7, 7, 8, 9])
    people = gaps.tabulated(y, flagged, person, pl.Series(["a", "a", "b", "b"]), pl.Series([""] * 4))
    assert people.counts.sum() == 3
    assert (people.counts @ people.patterns).sum(axis=0).tolist() == [[1, 0, 0, 1], [1, 1, 0, 0]]
