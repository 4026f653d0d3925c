"""The risk model is a scikit-learn estimator and remembers what it should."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.utils.estimator_checks import check_estimator

from models import metrics, storage
from models.learning.candidates import candidates
from models.learning.estimators import RiskModel


@pytest.mark.filterwarnings("default")
def test_scikit_learn_accepts_it():
    found = check_estimator(RiskModel(), on_skip=None, on_fail=None)
    assert {each["check_name"]: str(each["exception"]) for each in found if each["status"] == "failed"} == {}
    assert "passed" in {each["status"] for each in found}


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
    from models.learning import sample

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


def test_the_version_changes_with_what_was_fitted():
    first = RiskModel(seed=1)
    first.fitted_ = np.arange(3)
    second = RiskModel(seed=1)
    second.fitted_ = np.array([0, 1, 3])
    assert storage.content_hash(first) != storage.content_hash(second)
