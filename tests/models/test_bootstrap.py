"""Person-level resampling."""

from __future__ import annotations

import numpy as np
import pytest

from models import bootstrap
from models.judging.intervals import Judged, headline


def drawn(person, replicates, seed):
    """The weights that each replicate gives to the rows."""
    rows = bootstrap.replicate(person, lambda w: {"weights": w.copy()}, replicates=replicates, seed=seed)
    return rows["weights"]


def test_rows_of_a_person_come_and_stay_away_together():
    weights = drawn(np.array([5, 5, 9, 9, 9, 12]), 50, seed=1)
    assert weights.shape == (50, 6)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, [2]] == weights[:, 3:5]).all()
    assert (weights[:, [0, 2, 5]].sum(axis=1) == 3).all()
    assert len(np.unique(weights, axis=0)) > 1


def test_the_interval_of_a_mean_is_that_of_theory():
    values = np.random.default_rng(0).normal(size=2000)
    found = bootstrap.replicate(
        np.arange(2000), lambda w: {"mean": w @ values / w.sum(axis=1)}, replicates=2000, seed=1
    )
    low, high = bootstrap.interval(found["mean"])
    half = 1.96 * values.std() / np.sqrt(2000)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=half / 12)


def test_of_many_rows_few_replicates_give_an_interval_as_exact():
    many = bootstrap.LARGE_ROWS + 1
    values = np.random.default_rng(0).normal(size=many)
    found = bootstrap.replicate(np.arange(many), lambda w: {"mean": w @ values / w.sum(axis=1)}, seed=1)["mean"]
    half = 1.96 * values.std() / np.sqrt(many)
    assert len(found) == bootstrap.FEW
    assert bootstrap.interval(found) == pytest.approx((values.mean() - half, values.mean() + half), abs=half / 4)


def test_repeating_every_row_does_not_narrow_the_interval():
    rng = np.random.default_rng(4)
    p = rng.random(300)
    y = (rng.random(300) < p).astype(np.int8)
    once = headline(Judged(y, p, np.arange(300, dtype=np.int32)), replicates=300, seed=1)
    thrice = headline(
        Judged(np.tile(y, 3), np.tile(p, 3), np.tile(np.arange(300, dtype=np.int32), 3)), replicates=300, seed=1
    )
    for metric in ("auroc", "calibration_slope", "observed_expected", "brier"):
        assert getattr(thrice, metric).low == pytest.approx(getattr(once, metric).low, abs=1e-9)


def test_blocks_do_not_change_the_draws(monkeypatch):
    whole = drawn(np.arange(20), 7, seed=3)
    monkeypatch.setattr(bootstrap, "CELLS", 40)
    assert (drawn(np.arange(20), 7, seed=3) == whole).all()


def test_few_events_in_many_rows_give_a_share_between_0_and_1():
    y, listed = np.zeros(30_000), np.zeros(30_000)
    y[:40], listed[:38] = 1, 1
    found = bootstrap.replicate(np.arange(30_000), lambda w: {"sensitivity": w @ (y * listed) / (w @ y)})
    low, high = bootstrap.interval(found["sensitivity"])
    assert 0.8 < low < 0.95 < high <= 1


def test_an_interval_of_nothing_is_not_a_number():
    assert np.isnan(bootstrap.interval(np.array([np.nan, np.nan]))).all()
