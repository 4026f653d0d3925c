"""Stepped roll-outs: examples worked out by hand, type I errors, and planned power."""

from __future__ import annotations

import numpy as np
import pytest

from models.impact.rollout import Past, draw_order, lottery_power, spread_of_steps, stepped_power
from models.impact.stepped import ALPHA, analyse, estimate, exposure, permuted_weights

STARTS = np.array([3, 5, 7, 9, 11, 13, 15])
PERIODS = 18


def test_two_clusters_and_two_periods_by_hand() -> None:
    # The first starts in the second period: a difference of differences, (5 - 1) - (4 - 3).
    assert estimate(np.array([[1.0, 5], [3, 4]]), exposure(np.array([1, 2]), 2)) == pytest.approx(3.0)


def test_levels_of_clusters_and_months_do_not_matter() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=(7, PERIODS))
    moved = y + rng.normal(size=(7, 1)) * 9 + rng.normal(size=(1, PERIODS)) * 9
    assert analyse(moved, STARTS).effect == pytest.approx(analyse(y, STARTS).effect)


def test_an_effect_moves_the_whole_interval() -> None:
    y = np.random.default_rng(2).normal(size=(7, PERIODS))
    bare, moved = analyse(y, STARTS), analyse(y + 2.0 * exposure(STARTS, PERIODS), STARTS)
    assert (moved.effect, moved.low, moved.high) == pytest.approx(
        (bare.effect + 2, bare.low + 2, bare.high + 2), abs=0.05
    )
    assert (bare.low <= 0 <= bare.high) == (bare.p_value > ALPHA)


def test_all_clusters_starting_together_cannot_be_judged() -> None:
    assert np.isnan(analyse(np.zeros((4, 6)), np.full(4, 3)).effect)


def test_errors_of_the_first_kind_whatever_the_correlation_in_time() -> None:
    rng = np.random.default_rng(3)
    weights = permuted_weights(STARTS, PERIODS, 0)
    walks = np.cumsum(rng.normal(0, 0.5, (1000, 7, PERIODS)), axis=2) + rng.normal(size=(1000, 7, PERIODS))
    estimates = np.abs(weights @ walks.reshape(1000, -1).T)
    shown = np.mean(np.mean(estimates >= estimates[0] * (1 - 1e-9), axis=0) <= ALPHA)
    assert 0.035 < shown < 0.065


def test_power_grows_with_the_effect_and_is_five_per_cent_of_none() -> None:
    found = [stepped_power(STARTS, PERIODS, effect, 1.0, times=1000) for effect in (0.0, 0.5, 1.0)]
    assert found[0] == pytest.approx(0.05, abs=0.02)
    assert found[0] < found[1] < found[2]


def test_a_lottery_by_a_published_sample_size() -> None:
    # Two proportions of 0.3 and 0.2 need 293 people an arm for a power of 0.8 (Fleiss, without correction).
    assert lottery_power(586, 0.3, -0.1) == pytest.approx(0.8, abs=0.01)


def test_the_order_is_balanced_and_the_seed_draws_it_again() -> None:
    sizes, rates = np.linspace(30, 50, 7), np.linspace(5, 9, 7)
    steps = spread_of_steps(7, 7)
    assert spread_of_steps(7, 3).tolist() == [1, 1, 1, 2, 2, 3, 3]
    first = draw_order(sizes, rates, steps, 4)
    assert first.tolist() == draw_order(sizes, rates, steps, 4).tolist()
    assert sorted(first) == [1, 2, 3, 4, 5, 6, 7]
    assert abs(np.corrcoef(first, sizes)[0, 1]) < 0.3


def test_intra_cluster_correlation_of_a_known_mixture() -> None:
    rng = np.random.default_rng(5)
    past = Past(rng.normal(0, 1, (200, 1)) + rng.normal(0, 2, (200, 24)), np.ones(200))
    assert past.intra_cluster_correlation == pytest.approx(0.2, abs=0.04)
    assert past.error == pytest.approx(2.0, abs=0.1)
