"""Calibration is fitted to the right rows."""

from __future__ import annotations

import borough
import numpy as np
import pytest

from models import calibration, metrics
from models.judging import drift
from models.learning import candidates, fit, selection
from models.learning.candidates import PARR30
from models.learning.estimators import fitted
from models.learning.sample import Sample


@pytest.fixture(scope="module")
def learning() -> Sample:
    """Two thousand people at two dates."""
    dates = [borough.person_columns(2000, 1, np.random.default_rng(day)) for day in (1, 2)]
    values = np.vstack([np.column_stack([columns[f.name] for f in borough.FEATURES]) for columns in dates])
    risk = np.concatenate([borough.true_risk(columns, 0.0) for columns in dates])
    y = (np.random.default_rng(3).random(4000) < risk).astype(np.int8)
    person = np.tile(np.arange(2000, dtype=np.int32), 2)
    return Sample(borough.FEATURES, values.astype(np.float32), y, person, np.repeat(np.int32([19000, 19090]), 2000))


def margin(learning: Sample, rows: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(selection, "VALIDATION_ROWS", rows)
    monkeypatch.setattr(candidates, "LARGE_ROWS", 2 * rows)
    chosen = selection.select(learning, [PARR30], 1)
    return chosen, fit.held_out_margin(learning, chosen)[0]


def test_where_most_rows_were_compared_on_calibration_learns_from_all_of_them(learning, monkeypatch):
    chosen, found = margin(learning, 3000, monkeypatch)
    assert 2700 < len(chosen.rows) < 3300
    assert np.flatnonzero(np.isfinite(found)).tolist() == chosen.rows.tolist()
    assert found[chosen.rows].tolist() == chosen.margin.tolist()


def test_a_large_site_is_compared_on_people_whom_one_fit_of_all_others_had_not_seen(learning, monkeypatch):
    chosen, found = margin(learning, 600, monkeypatch)
    out = np.isin(learning.person, chosen.crossed.person[chosen.crossed.fold == 0])
    assert 450 < out.sum() < 750
    assert not set(learning.person[out]) & set(learning.person[~out])
    model = fitted(PARR30.build(learning.features, 1), learning.X[~out], learning.y[~out], None)
    assert metrics.logit(model.predict_proba(learning.X[out])[:, 1]) == pytest.approx(found[out])


def test_half_of_a_site_at_least_is_trained_on(learning, monkeypatch):
    monkeypatch.setattr(selection, "VALIDATION_ROWS", 2000)
    monkeypatch.setattr(candidates, "LARGE_ROWS", 4000)
    assert candidates.is_large(len(learning))
    assert 800 < len(selection.held_out_rows(learning, 1)) < 1200


def test_rows_sampled_and_weighted_are_calibrated_for_everybody(learning):
    drawn = (learning.y == 1) | (np.random.default_rng(4).random(len(learning)) < 0.25)
    rows = learning.where(drawn)
    weighted = Sample(rows.features, rows.X, rows.y, rows.person, rows.as_of, np.where(rows.y == 1, 1.0, 4.0))
    found = fit.fit(weighted, 1, [PARR30])
    risk = found.model.predict_proba(learning.X)[:, 1]
    assert drift.risk_index(drift.risk_reference(found.held_out_risks, found.held_out_weight), risk) < 0.1
    assert metrics.observed_expected(learning.y, risk) == pytest.approx(1, abs=0.1)
    assert calibration.calibration_slope(learning.y, risk) == pytest.approx(1, abs=0.15)
    unweighted = fit.fit(rows, 1, [PARR30]).model.predict_proba(learning.X)[:, 1]
    assert metrics.observed_expected(learning.y, unweighted) < 0.6
