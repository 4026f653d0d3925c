"""Population stability."""

from __future__ import annotations

import datetime as dt

import borough
import numpy as np
import pytest

from models import storage
from models.judging import drift


def test_index_by_hand():
    # (0.4 - 0.5) ln(0.4 / 0.5) + (0.6 - 0.5) ln(0.6 / 0.5)
    assert drift.stability_index([0.5, 0.5], [0.4, 0.6]) == pytest.approx(-0.1 * np.log(0.8) + 0.1 * np.log(1.2))


def test_the_same_people_have_not_changed():
    values = np.random.default_rng(0).normal(size=5000)
    bins = drift.reference(values)
    assert drift.stability_index(bins.shares, drift.shares(values, bins.edges)) == pytest.approx(0, abs=1e-12)


def test_missing_values_are_a_bin_of_their_own():
    values = np.array([1.0, 2.0, np.nan, np.nan])
    bins = drift.reference(values)
    assert bins.shares[-1] == 0.5
    assert drift.risk_index(bins, np.array([1.0, 2.0, 1.0, 2.0])) > drift.MARKED


def test_a_feature_that_moves_comes_first(site, tmp_path):
    moved = borough.take(tmp_path, dt.date(2024, 7, 1), empty=("lives_alone", "recorded_lonely"))
    known = storage.describe(site.model.path).reference.features
    found = drift.table(known, moved)
    assert found[0].feature == "lives_alone"
    assert found[0].psi > drift.MARKED
    assert all(row.psi < 0.1 for row in found[2:])


def test_bins_of_drawn_rows_are_those_of_everybody():
    rng = np.random.default_rng(4)
    risks = np.round(rng.beta(0.4, 3.6, 40_000), 2)
    event = rng.random(40_000) < risks
    drawn = event | (rng.random(40_000) < 0.1)
    weight = np.where(event, 1.0, 10.0)[drawn]
    assert drift.risk_index(drift.risk_reference(risks[drawn]), risks) > drift.MARKED
    assert drift.risk_index(drift.risk_reference(risks[drawn], weight), risks) < 0.01


def test_whole_weights_are_the_same_as_repeated_values():
    values, weight = np.array([3.0, 1.0, np.nan, 2.0]), np.array([1.0, 3.0, 2.0, 4.0])
    assert drift.shares(values, [1.0, 2.0], weight) == pytest.approx([0.3, 0.4, 0.1, 0.2])
    assert drift.reference(np.repeat(values, 40), np.repeat(weight, 40)).edges == [1.0, 2.0, 3.0]


def test_the_bins_of_a_value_that_few_have_are_nobody_s_own_value():
    few = np.full(5000, np.nan)
    few[:9] = [141.0, 118.0, 97.0, 133.0, 155.0, 162.0, 120.0, 109.0, 171.0]
    assert drift.reference(few) == storage.Bins([], [9 / 5000, 4991 / 5000])
    few[9:35] = np.arange(26.0)
    edges = drift.reference(few).edges
    assert len(edges) == 2
    assert min(np.diff([0, *np.searchsorted(np.sort(few[:35]), edges), 35])) >= drift.SMALL_BIN


def test_risks_that_differ_by_nothing_that_matters_have_not_changed():
    rng = np.random.default_rng(5)
    certain = np.where(rng.random(5000) < 0.1, 0.99, rng.uniform(1e-6, 3e-6, 5000))
    bins = drift.risk_reference(certain)
    assert drift.risk_index(drift.reference(certain), np.where(certain < 0.5, certain / 2, certain)) > drift.MARKED
    assert drift.risk_index(bins, np.where(certain < 0.5, certain / 2, certain)) < 0.01
    assert drift.risk_index(bins, np.where(certain < 0.5, 0.3, certain)) > drift.MARKED
