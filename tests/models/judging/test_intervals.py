"""The headline figures of the contract."""

from __future__ import annotations

import numpy as np
import pytest

from data_schemas.receipts import plain
from models import calibration, metrics
from models.judging.intervals import Judged, difference, headline, measures

RNG = np.random.default_rng(5)
N = 4000
MARGIN = RNG.normal(-2, 1, N)
Y = (RNG.random(N) < metrics.expit(MARGIN)).astype(np.int8)
P = metrics.expit(0.8 * MARGIN - 0.2)
PEOPLE = np.arange(N, dtype=np.int32) // 2
KEYS = (
    "auroc",
    "average_precision",
    "brier",
    "scaled_brier",
    "calibration_slope",
    "calibration_intercept",
    "observed_expected",
)


def plain_headline(*given, **more):
    """The headline figures by a plain calculation, straight from their definitions."""
    return plain(headline(*given, **more))


def test_every_figure_of_the_contract_is_there_with_its_interval():
    found = plain_headline(Judged(Y, P, PEOPLE), replicates=100)
    assert (found["n"], found["events"], found["people"]) == (N, Y.sum(), N // 2)
    for key in KEYS:
        assert found[f"{key}_low"] < found[key] < found[f"{key}_high"]
        assert found[key] == pytest.approx(
            getattr(calibration if hasattr(calibration, key) else metrics, key)(Y, P), abs=1e-9
        )
    for key in ("ppv_at", "sensitivity_at"):
        assert list(found[key]) == ["0.005", "0.01", "0.02", "0.05", "0.10"]
    top = np.argsort(-P, kind="stable")[: int(np.ceil(0.02 * N))]
    assert found["ppv_at"]["0.02"] == pytest.approx(Y[top].mean())
    assert found["sensitivity_at"]["0.02"] == pytest.approx(Y[top].sum() / Y.sum())


def test_ties_at_the_edge_are_bounded_by_hand():
    y = np.array([1, 0, 1, 0, 0, 1] + [0] * 14, np.int8)
    p = np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.5] + [0.1] * 14)
    found = plain_headline(Judged(y, p, np.arange(20, dtype=np.int32)), replicates=20, tops=(0.10, 0.20))
    assert found["ppv_at_worst"] == {"0.10": 1 / 2, "0.20": 1 / 4}
    assert found["ppv_at_best"] == {"0.10": 1.0, "0.20": 3 / 4}
    assert found["sensitivity_at_best"] == {"0.10": 2 / 3, "0.20": 1.0}
    assert found["ppv_at"]["0.10"] == pytest.approx((1 + 2 / 5) / 2)


def test_one_newton_step_is_close_to_the_full_fit_of_a_replicate():
    judged = Judged(Y, P, PEOPLE)
    w = RNG.multinomial(N // 2, np.full(N // 2, 2 / N), size=3)[:, PEOPLE].astype(float)
    found = measures(judged)(w)
    for row in range(3):
        assert found["calibration_slope"][row] == pytest.approx(calibration.calibration_slope(Y, P, w[row]), abs=0.01)
        assert found["calibration_intercept"][row] == pytest.approx(
            calibration.calibration_intercept(Y, P, w[row]), abs=0.005
        )
        assert found["auroc"][row] == pytest.approx(metrics.auroc(Y, P, w[row]), abs=1e-12)


def test_a_group_without_events_has_counts_and_no_figures():
    found = plain_headline(Judged(np.zeros(50, np.int8), P[:50], PEOPLE[:50]), replicates=20)
    assert (found["n"], found["events"]) == (50, 0)
    assert not {"auroc", "calibration_slope"} & found.keys()


def test_paired_difference_is_narrower_than_the_two_intervals():
    noisy = metrics.expit(metrics.logit(P) + RNG.normal(0, 0.3, N))
    found = difference(Judged(Y, P, PEOPLE), Judged(Y, noisy, PEOPLE), replicates=200)["auroc"]
    alone = plain_headline(Judged(Y, P, PEOPLE), replicates=200)
    assert found.difference == pytest.approx(metrics.auroc(Y, P) - metrics.auroc(Y, noisy))
    assert found.high - found.low < alone["auroc_high"] - alone["auroc_low"]
    assert found.low > 0
