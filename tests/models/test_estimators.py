"""Our estimators are scikit-learn's, and remember what they should."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from models import metrics, storage
from models.candidates import candidates
from models.estimators import LinearTerms, RiskModel, restricted_cubic


@pytest.mark.filterwarnings("default")
@parametrize_with_checks([LinearTerms(), RiskModel()])
def test_scikit_learn_accepts_them(estimator, check):
    check(estimator)


def test_terms_have_no_mean_and_know_their_column():
    rng = np.random.default_rng(0)
    values = rng.exponential(3, (500, 3)).astype(np.float32)
    values[:100, 1] = np.nan
    terms = LinearTerms(logarithms=(0,), splines=(2,)).fit(values)
    out = terms.transform(values)
    assert terms.origin_.tolist() == [0, 1, 2, 1, 2, 2, 2]
    assert np.abs(out.mean(axis=0)).max() < 1e-5
    assert out[:100, 3].std() < 1e-6
    assert out[0, 3] > out[-1, 3]


def test_nobody_is_extrapolated():
    terms = LinearTerms().fit(np.array([[1.0], [2.0], [5.0]]))
    assert terms.transform(np.array([[500.0], [-3.0]])).ravel() == pytest.approx(
        terms.transform(np.array([[5.0], [1.0]])).ravel()
    )


def test_the_spline_is_straight_beyond_its_knots():
    knots = np.array([1.0, 2.0, 4.0, 6.0])
    below, above = (
        restricted_cubic(np.array([-1.0, 0.0, 1.0]), knots),
        restricted_cubic(np.array([7.0, 8.0, 9.0]), knots),
    )
    assert (below == 0).all()
    assert np.diff(above, n=2, axis=0) == pytest.approx(0, abs=1e-9)


def test_a_frame_may_hold_more_columns_in_any_order():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(400, 2)).astype(np.float32)
    y = (rng.random(400) < metrics.expit(values[:, 0])).astype(int)
    model = RiskModel(feature_names=("a", "b")).fit(values, y)
    frame = pl.DataFrame({"b": values[:, 1], "other": values[:, 0] * 0, "a": values[:, 0]})
    assert model.predict_proba(frame) == pytest.approx(model.predict_proba(values))
    with pytest.raises(ValueError, match="lacks 1 of the model's features: b"):
        model.predict_proba(frame.select("a"))


def test_more_admissions_never_lower_the_risk(site):
    from models import sample

    learning = sample.load(site.train, sample.varying(site.train), site.plan)
    boosting = next(c for c in candidates() if c.name == "boosting")
    fitted = boosting.build(learning.features, 0).fit(learning.X, learning.y)
    column = [f.name for f in learning.features].index("emergency_admissions_1y")
    asked = np.repeat(learning.X[:200], 6, axis=0)
    asked[:, column] = np.tile(np.arange(6), 200)
    risk = fitted.predict_proba(asked)[:, 1].reshape(200, 6)
    assert (np.diff(risk, axis=1) >= 0).all()


def test_a_loaded_model_is_the_same_model(site):
    model = storage.load(site.model.path)
    assert storage.content_hash(model) == site.model.model_version


def test_the_version_changes_with_what_was_learnt():
    first = RiskModel(seed=1)
    first.learnt_ = np.arange(3)
    second = RiskModel(seed=1)
    second.learnt_ = np.array([0, 1, 3])
    assert storage.content_hash(first) != storage.content_hash(second)
