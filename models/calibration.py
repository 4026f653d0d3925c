"""Measures how well risks agree with what happened, in total and over their range, by logistic regression."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from models.metrics import SMALLEST, Array, both_classes, expit, logit, weights_of

LAST_STEP = 1e-7


def calibration_line(y: ArrayLike, p: ArrayLike, w: ArrayLike | None = None) -> tuple[float, float]:
    """Intercept and slope of the outcome's log-odds on the predicted log-odds (Cox 1958); (0, 1) is perfect."""
    if not both_classes(y):
        return math.nan, math.nan
    x = logit(p)
    intercept, slope = maximise_likelihood(np.column_stack([np.ones(len(x)), x]), y, w, start=(0.0, 1.0))
    return float(intercept), float(slope)


def calibration_slope(y: ArrayLike, p: ArrayLike, w: ArrayLike | None = None) -> float:
    """Slope of the calibration line: below 1, high risks are too high and low ones too low."""
    return calibration_line(y, p, w)[1]


def calibration_intercept(y: ArrayLike, p: ArrayLike, w: ArrayLike | None = None) -> float:
    """What must be added to every log-odds so that the predicted total is right (slope fixed at 1)."""
    if not both_classes(y):
        return math.nan
    return float(maximise_likelihood(np.ones((len(np.asarray(y)), 1)), y, w, offset=logit(p))[0])


def maximise_likelihood(
    design: Array,
    y: ArrayLike,
    w: ArrayLike | None = None,
    *,
    offset: ArrayLike = 0.0,
    start: ArrayLike | None = None,
    steps: int = 50,
) -> Array:
    """Coefficients of an unpenalised logistic regression by Newton's method with halved steps; `design` has shape (n,
    k).

    After a step, the error is about the square of the step. So the search stops once a step is smaller than the square
    root of the error that is allowed.
    """
    events, weights = np.asarray(y, np.float64), weights_of(y, w)
    fixed = np.broadcast_to(np.asarray(offset, np.float64), events.shape)
    beta = np.zeros(design.shape[1]) if start is None else np.asarray(start, np.float64)
    loss = _deviance(design, events, weights, fixed, beta)
    for _ in range(steps):
        p = expit(design @ beta + fixed)
        gradient = design.T @ (weights * (events - p))
        information = (design * (weights * p * (1 - p))[:, None]).T @ design
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        new = _deviance(design, events, weights, fixed, beta + step)
        while new > loss + 1e-12 and np.max(np.abs(step)) > SMALLEST:
            step = step / 2
            new = _deviance(design, events, weights, fixed, beta + step)
        beta, loss = beta + step, new
        if np.max(np.abs(step)) < LAST_STEP:
            break
    return beta


def _deviance(design: Array, y: Array, w: Array, offset: Array, beta: Array) -> float:
    margin = design @ beta + offset
    soft = np.log1p(np.exp(-np.abs(margin))) + np.maximum(margin, 0)  # logaddexp(0, margin), four times as fast
    return float(np.sum(w * (soft - y * margin)))
