"""Calibration curves."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from models import metrics
from models.learning.calibrate import Calibrator, choose

RNG = np.random.default_rng(2)
MARGIN = RNG.normal(-1, 1.5, 6000)
Y = (RNG.random(6000) < metrics.expit(0.6 * MARGIN - 0.5)).astype(np.int8)


def test_sigmoid_is_an_unpenalised_logistic_regression():
    found = Calibrator("sigmoid").fit(MARGIN, Y)
    expected = LogisticRegression(C=np.inf, tol=1e-8).fit(MARGIN[:, None], Y)
    assert found.coefficients_ == pytest.approx([expected.intercept_[0], expected.coef_[0, 0]], abs=1e-4)
    assert found.slope() == found.coefficients_[1]


@pytest.mark.parametrize("method", ["sigmoid", "beta", "isotonic"])
def test_every_curve_rises_and_is_calibrated_on_what_it_was_fitted_to(method):
    found = Calibrator(method).fit(MARGIN, Y)
    risk = found.predict(np.sort(MARGIN))
    assert (np.diff(risk) >= 0).all()
    assert found.predict(MARGIN).mean() == pytest.approx(Y.mean(), abs=1e-4)
    assert risk.min() > 0
    assert risk.max() < 1


def test_a_reversed_margin_is_not_turned_round():
    found = Calibrator("sigmoid").fit(-MARGIN, Y)
    assert found.coefficients_[1] == 0


def test_weights_count_as_repeated_rows():
    weight = RNG.integers(0, 3, len(Y)).astype(float)
    rows = np.repeat(np.arange(len(Y)), weight.astype(int))
    for method in ("sigmoid", "beta"):
        weighted = Calibrator(method).fit(MARGIN, Y, weight).coefficients_
        assert weighted == pytest.approx(Calibrator(method).fit(MARGIN[rows], Y[rows]).coefficients_, abs=1e-6)


def test_the_simple_curve_stays_where_it_is_right():
    found = choose(MARGIN, Y, np.arange(6000) % 5)
    assert found.method == "sigmoid"
    assert set(found.tried) == {"sigmoid", "beta", "isotonic"}


def test_a_bent_margin_gets_a_bending_curve():
    bent = np.where(MARGIN > 0, MARGIN * 4, MARGIN / 2)
    found = choose(bent, Y, np.arange(6000) % 5)
    assert found.method != "sigmoid"
    assert found.tried[found.method].log_loss < found.tried["sigmoid"].log_loss


def test_rows_of_one_person_tell_no_more_than_one():
    once = choose(MARGIN, Y, np.arange(6000) % 5)
    four = np.repeat(np.arange(6000), 4)
    repeated = choose(MARGIN[four], Y[four], four % 5, person=four)
    assert repeated.tried["beta"].standard_error == pytest.approx(once.tried["beta"].standard_error, rel=0.02)
    assert repeated.tried["beta"].log_loss == pytest.approx(once.tried["beta"].log_loss, rel=1e-3)
