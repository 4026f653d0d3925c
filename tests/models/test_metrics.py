"""Metrics compared with scikit-learn, scipy and figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from models import calibration, metrics

RNG = np.random.default_rng(3)
MARGIN = RNG.normal(-1.5, 1.2, 3000)
Y = (RNG.random(3000) < 1 / (1 + np.exp(-MARGIN))).astype(int)
P = np.round(1 / (1 + np.exp(-(0.7 * MARGIN - 0.4))), 2).clip(0.005, 0.995)
W = RNG.integers(0, 4, 3000).astype(float)


@pytest.mark.parametrize("w", [None, W])
def test_discrimination_and_distance_agree_with_scikit_learn(w):
    assert metrics.auroc(Y, P, w) == pytest.approx(roc_auc_score(Y, P, sample_weight=w), abs=1e-12)
    assert metrics.average_precision(Y, P, w) == pytest.approx(
        average_precision_score(Y, P, sample_weight=w), abs=1e-12
    )
    assert metrics.brier(Y, P, w) == pytest.approx(brier_score_loss(Y, P, sample_weight=w), abs=1e-12)
    assert metrics.log_loss(Y, P, w) == pytest.approx(log_loss(Y, P, sample_weight=w), abs=1e-9)


def test_auroc_by_hand_counts_ties_as_half():
    # pairs (event, other): 0.8>0.4, 0.8>0.2, 0.4=0.4 (half), 0.4>0.2: 3.5 of 4
    assert metrics.auroc([1, 0, 1, 0], [0.8, 0.4, 0.4, 0.2]) == 3.5 / 4


def test_auroc_does_not_exist_without_both_outcomes():
    assert math.isnan(metrics.auroc([1, 1], [0.2, 0.3]))
    assert math.isnan(calibration.calibration_slope([0, 0], [0.2, 0.3]))


def test_integer_weights_are_the_same_as_repeated_rows():
    repeat = np.repeat(np.arange(len(Y)), W.astype(int))
    for metric in (metrics.auroc, metrics.average_precision, calibration.calibration_slope, calibration.calibration_intercept,
                   metrics.observed_expected, metrics.scaled_brier):  # fmt: skip
        assert metric(Y, P, W) == pytest.approx(metric(Y[repeat], P[repeat]), abs=1e-7)


def test_calibration_line_is_the_maximum_of_the_likelihood():
    x = np.log(P / (1 - P))

    def deviance(beta):
        return np.sum(np.logaddexp(0, beta[0] + beta[1] * x) - Y * (beta[0] + beta[1] * x))

    expected = minimize(deviance, [0.0, 1.0], method="BFGS").x
    assert calibration.calibration_line(Y, P) == pytest.approx(expected, abs=1e-4)


def test_calibration_intercept_makes_expected_equal_observed():
    shift = calibration.calibration_intercept(Y, P)
    moved = metrics.expit(metrics.logit(P) + shift)
    assert moved.sum() == pytest.approx(Y.sum(), abs=1e-6)


def test_scaled_brier_by_hand():
    # Brier 0.05, of the rate 0.5 times 0.5 = 0.25: 1 - 0.05 / 0.25
    assert metrics.scaled_brier([1, 0], [0.9, 0.3]) == pytest.approx(1 - 0.05 / 0.25)


def test_observed_expected_by_hand():
    assert metrics.observed_expected([1, 0, 0, 1], [0.5, 0.5, 0.25, 0.25]) == pytest.approx(2 / 1.5)


@pytest.mark.parametrize(
    ("share", "n", "k"),
    [(0.005, 1000, 5), (0.005, 1001, 6), (0.1, 30, 3), (0.02, 350, 7), (0.05, 1, 1), (0.07, 100, 7)],
)
def test_top_size_rounds_up_exactly(share, n, k):
    assert metrics.top_size(share, n) == k


def test_top_of_list_by_hand():
    y = [1, 0, 1, 0, 0, 0, 1, 0]
    p = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]
    found = metrics.top_of_list(y, p, 3)
    assert found["ppv"] == pytest.approx(2 / 3)
    assert found["sensitivity"] == pytest.approx(2 / 3)
    assert found["lift"] == pytest.approx((2 / 3) / (3 / 8))
    assert found["number_needed"] == pytest.approx(1.5)
    assert found["ppv_worst"] == found["ppv_best"] == pytest.approx(2 / 3)


def test_ties_are_bounded_and_shared():
    # one certain place with an event, then four tied people, one of them with the event, for one more place
    y, p = [1, 1, 0, 0, 0, 0], [0.9, 0.5, 0.5, 0.5, 0.5, 0.1]
    found = metrics.top_of_list(y, p, 2)
    assert (found["ppv_worst"], found["ppv_best"]) == (0.5, 1.0)
    assert found["ppv"] == pytest.approx((1 + 1 / 4) / 2)


def test_order_of_rows_does_not_matter():
    shuffled = RNG.permutation(len(Y))
    assert metrics.auroc(Y[shuffled], P[shuffled]) == pytest.approx(metrics.auroc(Y, P), abs=1e-12)
    assert metrics.top_of_list(Y[shuffled], P[shuffled], 100)["ppv"] == pytest.approx(
        metrics.top_of_list(Y, P, 100)["ppv"]
    )
