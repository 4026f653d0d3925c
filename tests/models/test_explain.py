# ruff: noqa: N803, N806 - X is the matrix of features, as in scikit-learn
"""Reasons add up to the risk that they explain, for every kind of model."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from models import explain, storage
from models.learning import sample
from models.learning.candidates import BOOSTING, LOGISTIC, PARR30, SMALL_BOOSTING
from models.learning.estimators import RiskModel
from models.metrics import logit


@pytest.fixture(scope="module")
def learning(site):
    return sample.load(site.train[:1], sample.varying(site.train), site.plan)


@pytest.mark.parametrize("candidate", [PARR30, LOGISTIC, SMALL_BOOSTING, BOOSTING], ids=lambda c: c.name)
def test_contributions_add_up_to_the_log_odds_of_the_calibrated_risk(learning, candidate):
    names = tuple(f.name for f in learning.features)
    model = RiskModel(candidate.build(learning.features, 0), "sigmoid", feature_names=names)
    model.fit(learning.X, learning.y, groups=learning.person)
    given = explain.contribution_matrix(model, learning.X[:400])
    rest = logit(model.predict_proba(learning.X[:400])[:, 1]) - given.sum(axis=1)
    assert np.ptp(rest) < 1e-4
    assert np.ptp(given.sum(axis=1)) > 1


def test_what_is_written_is_the_strongest_of_the_same_sums(site):
    persons = [3, 5, 8]
    found = pl.read_parquet(explain.contributions(site.model, site.test[0], persons, site.store))
    model = storage.load(site.model.path)
    X = sample.matrix(site.test[0], list(model.feature_names), np.array(persons, np.int32))
    whole = logit(model.predict_proba(X)[:, 1])
    sums = found.group_by("person").agg(pl.col("contribution").sum()).sort("person")["contribution"].to_numpy()
    assert whole - sums == pytest.approx((whole - sums).mean(), abs=1e-3)
    assert found["person"].unique().sort().to_list() == persons


def test_more_of_what_cannot_lower_risk_never_does(learning):
    """This covers admissions, attendances and conditions, for every person and every step of the fitted trees."""
    model = SMALL_BOOSTING.build(learning.features, 0).fit(learning.X, learning.y)
    free = SMALL_BOOSTING.build([dataclasses.replace(f, risk_direction=0) for f in learning.features], 0)
    free.fit(learning.X, learning.y)
    held = [i for i, f in enumerate(learning.features) if f.risk_direction == 1]
    assert held
    assert all(_least_step(model, learning.X[:300], column) >= 0 for column in held)
    assert min(_least_step(free, learning.X[:300], column) for column in held) < 0


def _least_step(model, X, column) -> float:
    """The smallest rise of log-odds from one value to the next."""
    rows = []
    for value in range(6):
        asked = X.copy()
        asked[:, column] = value
        rows.append(model.predict_proba(asked, raw_score=True))
    return float(np.diff(np.array(rows), axis=0).min())
