"""Terms of a linear model stay within the range of the training data."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from models.learning.terms import LinearTerms, restricted_cubic


@pytest.mark.filterwarnings("default")
def test_scikit_learn_accepts_them():
    found = check_estimator(LinearTerms(), on_skip=None, on_fail=None)
    assert {each["check_name"]: str(each["exception"]) for each in found if each["status"] == "failed"} == {}
    assert "passed" in {each["status"] for each in found}


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
