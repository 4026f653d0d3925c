"""Curves and distances from calibration, worked out by hand and by an independent calculation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from models import metrics
from models.judging import curves
from models.judging.drawn import LiftPoint
from models.judging.intervals import Judged

RNG = np.random.default_rng(11)
N = 20_000
MARGIN = RNG.normal(-2, 1, N)
TRUE = metrics.expit(MARGIN)
Y = (RNG.random(N) < TRUE).astype(np.int8)
WHO = np.arange(N, dtype=np.int32)


def test_net_benefit_by_hand():
    # at 0.25, reached: three people, two with the event: 2/5 - 1/5 x 0.25/0.75
    y, p = np.array([1, 1, 0, 0, 1]), np.array([0.9, 0.3, 0.3, 0.1, 0.2])
    found = curves.net_benefits(y, p, np.array([0.25]), np.ones((1, 5)))
    assert found[0, 0] == pytest.approx(2 / 5 - 1 / 5 / 3)


def test_reaching_everybody_is_the_prevalence_less_the_odds_of_the_rest():
    found = curves.decision_curve(Judged(Y, TRUE, WHO), {"half": np.full(N, 0.5)}, (0.1, 0.2), replicates=20)
    rate = Y.mean()
    assert [row.everybody for row in found] == pytest.approx([rate - (1 - rate) / 9, rate - (1 - rate) / 4])
    assert [row.rivals["half"] for row in found] == pytest.approx([row.everybody for row in found])
    assert all(row.low < row.model < row.high and row.model > row.everybody for row in found)


def test_wilson_agrees_with_scipy():
    found = binomtest(7, 50).proportion_ci(method="wilson")
    assert curves.wilson(7 / 50, 50) == pytest.approx((found.low, found.high), abs=1e-6)


def test_calibration_distances_of_true_risks_are_small_and_of_halved_risks_known():
    right = curves.calibration_distances(Judged(Y, TRUE, WHO), replicates=50)
    assert right["ici"].value < 0.01
    halved = curves.calibration_distances(Judged(Y, TRUE / 2, WHO), replicates=50)
    assert halved["ici"].value == pytest.approx(TRUE.mean() / 2, abs=0.006)
    assert halved["e50"].value == pytest.approx(np.median(TRUE / 2), abs=0.01)
    assert halved["e90"].value == pytest.approx(np.quantile(TRUE / 2, 0.9), abs=0.02)
    assert halved["ici"].low < halved["ici"].value < halved["ici"].high


def test_calibration_table_holds_everybody_once():
    found = curves.calibration_table(Judged(Y, TRUE, WHO))
    assert sum(row.n for row in found) == N
    assert [row.expected for row in found] == sorted(row.expected for row in found)
    assert all(row.low < row.observed < row.high for row in found)


def test_the_area_under_the_roc_points_is_the_auroc():
    found = curves.roc(metrics.one_curve(Y, TRUE))
    x, y = (np.array([getattr(point, axis) for point in found]) for axis in ("fpr", "tpr"))
    assert np.trapezoid(y, x) == pytest.approx(metrics.auroc(Y, TRUE), abs=0.002)
    assert len(found) <= curves.POINTS


def test_lift_and_precision_end_at_everybody():
    assert curves.lift(metrics.one_curve(Y, TRUE))[-1] == LiftPoint(1.0, 1.0)
    last = curves.precision_recall(metrics.one_curve(Y, TRUE))[-1]
    assert (last.recall, last.precision) == (1.0, pytest.approx(Y.mean(), abs=1e-5))
