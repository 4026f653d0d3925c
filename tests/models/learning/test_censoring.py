"""Weights that correct for people who left."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.learning import censoring


def test_kaplan_meier_by_hand():
    # five people over 10 days: one leaves on day 2, one on day 5; the rest stay
    days, left = np.array([2, 5, 10, 10, 10]), np.array([True, True, False, False, False])
    staying = censoring.chance_of_staying(days, left, 10)
    assert staying[2] == 1
    assert staying[3] == pytest.approx(4 / 5)
    assert staying[10] == pytest.approx(4 / 5 * 3 / 4)


def test_weights_add_up_to_everybody():
    rng = np.random.default_rng(0)
    n, horizon = 20_000, 365
    leave, event = rng.uniform(0, 1500, n), rng.uniform(0, 2000, n)
    happened, left = (event < horizon) & (event < leave), (leave < horizon) & (leave <= event)
    frame = pl.DataFrame({
        "left": left,
        "days_to_event": pl.Series(np.where(happened, event, -1).astype(np.int32)).replace(-1, None),
        "days_observed": np.minimum(np.minimum(leave, event), horizon).astype(np.int32),
    })  # fmt: skip
    weight = censoring.weights(frame, horizon)
    assert weight.sum() == pytest.approx(n)
    rate = np.average(happened[~left], weights=weight)
    assert rate == pytest.approx((event < horizon).mean(), abs=0.005)
    assert abs(happened[~left].mean() - (event < horizon).mean()) > 0.01
