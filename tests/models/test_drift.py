"""Population stability."""

from __future__ import annotations

import datetime as dt

import borough
import numpy as np
import pytest

from models import drift, storage


def test_index_by_hand():
    # (0.4 - 0.5) ln(0.4 / 0.5) + (0.6 - 0.5) ln(0.6 / 0.5)
    assert drift.stability_index([0.5, 0.5], [0.4, 0.6]) == pytest.approx(-0.1 * np.log(0.8) + 0.1 * np.log(1.2))


def test_the_same_people_have_not_changed():
    values = np.random.default_rng(0).normal(size=5000)
    bins = drift.reference(values)
    assert drift.stability_index(bins["shares"], drift.shares(values, bins["edges"])) == pytest.approx(0, abs=1e-12)


def test_missing_values_are_a_bin_of_their_own():
    values = np.array([1.0, 2.0, np.nan, np.nan])
    bins = drift.reference(values)
    assert bins["shares"][-1] == 0.5
    assert drift.risk_index(bins, np.array([1.0, 2.0, 1.0, 2.0])) > drift.MARKED


def test_a_feature_that_moves_comes_first(site, tmp_path):
    moved = borough.take(tmp_path, dt.date(2024, 7, 1), empty=("lives_alone", "recorded_lonely"))
    known = storage.describe(site.model.path)["reference"]["features"]
    found = drift.table(known, moved)
    assert found[0]["feature"] == "lives_alone"
    assert found[0]["psi"] > drift.MARKED
    assert all(row["psi"] < 0.1 for row in found[2:])
