"""The statistics that check the borough: a generalised linear model and the AUROC."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
ROUNDS = 30


def fit(x: Numbers, y: Numbers, family: Literal["logistic", "poisson"]) -> Numbers:
    """Fit coefficients, the intercept first, by iteratively reweighted least squares with a very small ridge penalty.

    `x` is [row, covariate] without an intercept; `y` is 0 or 1, or counts.
    """
    design = np.column_stack([np.ones(len(x)), x])
    beta = np.zeros(design.shape[1])
    rate = max(float(y.mean()), 1e-6)
    beta[0] = np.log(rate / (1 - rate)) if family == "logistic" else np.log(rate)
    ridge = 1e-6 * len(x) * np.eye(design.shape[1])
    for _ in range(ROUNDS):
        score = np.clip(design @ beta, -30, 30)
        mean = 1 / (1 + np.exp(-score)) if family == "logistic" else np.exp(score)
        weight = mean * (1 - mean) if family == "logistic" else mean
        step = np.linalg.solve(design.T @ (design * weight[:, None]) + ridge, design.T @ (y - mean))
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def predict(x: Numbers, beta: Numbers) -> Numbers:
    """Work out the linear predictor."""
    return np.asarray(beta[0] + x @ beta[1:])


def auroc(score: Numbers, event: npt.NDArray[np.bool_]) -> float:
    """The probability that an event has a higher score than a non-event. Ties count half."""
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    first = np.searchsorted(ordered, ordered, side="left")
    last = np.searchsorted(ordered, ordered, side="right")
    rank = np.empty(len(score))
    rank[order] = (first + last + 1) / 2
    events, others = int(event.sum()), int((~event).sum())
    return float((rank[event].sum() - events * (events + 1) / 2) / (events * others))
