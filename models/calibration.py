"""Measures how well risks agree with what happened, in total and over their range, by logistic regression."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from models.metrics import SMALLEST, Array, both_classes, logit, weights_of

LAST_STEP = 1e-7
ROUNDING = 1e-11
"""A likelihood that is worse by less than this share is worse by rounding only."""


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
    at = _likelihood(design, y, w, offset)
    beta = np.zeros(design.shape[1]) if start is None else np.asarray(start, np.float64)
    loss, gradient, information = at(beta)
    for _ in range(steps):
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        new = at(beta + step)
        while new[0] > loss * (1 + ROUNDING) and np.max(np.abs(step)) > SMALLEST:
            step = step / 2
            new = at(beta + step)
        beta, (loss, gradient, information) = beta + step, new
        if np.max(np.abs(step)) < LAST_STEP:
            break
    return beta


def _likelihood(
    design: Array, y: ArrayLike, w: ArrayLike | None, offset: ArrayLike
) -> Callable[[Array], tuple[float, Array, Array]]:
    """Make the function that gives the negative log-likelihood of coefficients, its gradient and the information."""
    from models.loops import likelihood

    events, weights = np.asarray(y, np.float64), weights_of(y, w)
    fixed = np.full(events.shape, np.asarray(offset, np.float64))
    rows = np.ascontiguousarray(design, np.float64)

    def at(beta: Array) -> tuple[float, Array, Array]:
        gradient, information = np.empty(len(beta)), np.empty((len(beta), len(beta)))
        loss = likelihood(rows, events, weights, fixed, beta, gradient, information)
        return loss, gradient, information

    return at
