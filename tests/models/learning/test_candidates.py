"""The candidates that compete, and how much time and memory they may take."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from models.learning import candidates, sample
from models.learning.candidates import BOOSTING, HISTOGRAM_BOOSTING, LARGE_ROWS, contenders
from models.learning.estimators import RiskModel, out_of_fold
from models.learning.fit import fit


@pytest.fixture(scope="module")
def learning(site):
    return sample.load(site.train, sample.varying(site.train), site.plan)


@pytest.mark.parametrize(("loads", "boosted"), [(True, ["boosting_small", "boosting"]), (False, ["hist_boosting"])])
def test_boosted_trees_of_scikit_learn_compete_only_without_lightgbm(monkeypatch, loads, boosted):
    monkeypatch.setattr(candidates, "lightgbm_loads", lambda: loads)
    names = [candidate.name for candidate in candidates.candidates(1000)]
    assert names == ["age_sex", "prior_admissions", "parr30", "logistic", *boosted]


@pytest.mark.parametrize("name", ["boosting_small", "boosting"])
def test_a_large_site_has_fewer_trees_that_are_shrunk_more(few_trees, name):
    settings = [contenders(name, rows)[0].build([], 0).get_params() for rows in (LARGE_ROWS - 1, LARGE_ROWS)]
    shipped = next(were for now, were in few_trees if now.get("n_estimators") == settings[0]["n_estimators"])
    assert settings[1]["n_estimators"] <= shipped["n_estimators"] / 2
    assert settings[1]["reg_lambda"] > settings[0]["reg_lambda"]
    assert settings[1]["num_leaves"] == settings[0]["num_leaves"]


@pytest.mark.parametrize("rows", [LARGE_ROWS - 1, LARGE_ROWS])
def test_a_site_that_grows_keeps_the_kind_of_its_model(rows):
    assert [candidate.name for candidate in contenders("hist_boosting", rows)] == ["hist_boosting"]
    assert [candidate.name for candidate in contenders("boosting_tuned", rows)] == ["boosting"]


def test_they_can_be_chosen_and_never_let_the_risk_fall(learning):
    found = fit(learning.where(learning.person < 1500), 0, [HISTOGRAM_BOOSTING])
    column = [f.name for f in learning.features].index("emergency_admissions_1y")
    asked = np.repeat(learning.X[:100], 6, axis=0)
    asked[:, column] = np.tile(np.arange(6), 100)
    risk = found.model.predict_proba(asked)[:, 1].reshape(100, 6)
    assert found.candidate == "hist_boosting"
    assert (np.diff(risk, axis=1) >= 0).all()


def test_no_more_rows_are_trained_on_than_allowed():
    y = np.repeat([0, 1], [900, 100])
    model = RiskModel(DummyClassifier(strategy="prior"), seed=4, most_rows=50).fit(np.zeros((1000, 1)), y)
    shares = model.estimator_.class_prior_ * 50
    assert shares == pytest.approx(shares.round())
    assert shares.sum() == 50
    fold = np.tile([0, 1], 500).astype(np.int8)
    margin = out_of_fold(DummyClassifier(strategy="prior"), np.zeros((1000, 1)), y, fold, None, 20)
    risk = 20 / (1 + np.exp(-margin))
    assert risk == pytest.approx(risk.round(), abs=1e-6)


def test_threads_do_not_change_what_is_fitted(learning):
    one, two = (
        BOOSTING.build(learning.features, 0).set_params(n_jobs=n).fit(learning.X, learning.y).predict_proba(learning.X)
        for n in (1, 2)
    )
    assert (one == two).all()


def test_a_column_that_a_fold_knows_nothing_of_is_no_obstacle(learning):
    part = learning.where(learning.person < 1500)
    values = part.X.copy()
    values[:, -1] = np.nan
    values[np.flatnonzero(part.y)[:1], -1] = 1.0
    fold = (np.arange(len(part.y)) % 2).astype(np.int8)
    margin = out_of_fold(HISTOGRAM_BOOSTING.build(part.features, 0), values, part.y, fold, None)
    assert np.isfinite(margin).all()
