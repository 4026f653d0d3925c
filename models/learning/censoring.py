"""Works out weights that correct for people who leave before their outcome is known (inverse probability of
censoring)."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray


def weights(outcomes: pl.DataFrame, horizon_days: int) -> NDArray[np.float64]:
    """Weight of everyone who did not leave, in row order: 1 divided by the chance of not leaving until their outcome
    was known.

    The chance is the Kaplan-Meier estimate of not having left just before the event, the death or the end of the
    window, whichever came first (Robins and Finkelstein 2000, without covariates).
    """
    left = outcomes["left"].to_numpy()
    days = outcomes.select(
        pl.coalesce("days_to_event", "days_observed").fill_null(horizon_days).clip(0, horizon_days)
    ).to_series()
    staying = chance_of_staying(days.to_numpy(), left, horizon_days)
    weight: NDArray[np.float64] = 1 / staying[days.to_numpy()[~left]]
    return weight


def chance_of_staying(days: NDArray[np.int32], left: NDArray[np.bool_], horizon_days: int) -> NDArray[np.float64]:
    """Kaplan-Meier chance of not having left before day 0, 1, … `horizon_days`. Everyone is at risk of leaving up to
    their own day.

    On one day, events count before leaving, so that the weights of people who stayed add up to everybody.
    """
    leaving = np.bincount(days[left], minlength=horizon_days + 1)[: horizon_days + 1]
    settled = np.bincount(days[~left], minlength=horizon_days + 1)[: horizon_days + 1]
    at_risk = len(days) - np.r_[0, np.cumsum(leaving + settled)[:horizon_days]] - settled
    hazard = np.divide(leaving, at_risk, out=np.zeros(horizon_days + 1), where=at_risk > 0)
    return np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
