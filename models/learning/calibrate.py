"""Turns a model's log-odds into calibrated risks (sigmoid, beta or isotonic), by a method chosen on rows left out of
training."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.isotonic import IsotonicRegression

from models import calibration, metrics
from models.learning import STORED_AS
from models.metrics import Array

METHODS = ("sigmoid", "beta", "isotonic")
ISOTONIC_EVENTS = 1000
"""With fewer events than this, steps fitted to the data are mostly noise (Niculescu-Mizil and Caruana 2005)."""


@dataclass(frozen=True)
class Tried:
    """Log loss of one method on rows left out, and how much better it is than the sigmoid."""

    log_loss: float
    gain: float
    standard_error: float


@dataclass(frozen=True)
class Calibration:
    """The chosen method, and every method that was tried."""

    method: str
    tried: dict[str, Tried]


class Calibrator(BaseEstimator):  # type: ignore[misc]
    """A rising curve from log-odds to risk.

    `sigmoid` is Platt's line in log-odds; `beta` adds a bend at either end (Kull 2017); `isotonic` is a monotone step
    curve, joined up; `none` leaves log-odds unchanged.
    """

    __module__ = STORED_AS

    shift_: float = 0.0
    """Log-odds added afterwards (`moved`)."""
    stretch_: float = 1.0
    """The factor applied to log-odds before that."""

    def __init__(self, method: str = "sigmoid") -> None:
        self.method = method

    def fit(self, margin: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Calibrator:
        x = np.asarray(margin, np.float64)
        if self.method == "isotonic":
            self.curve_ = IsotonicRegression(y_min=metrics.SMALLEST, y_max=1 - metrics.SMALLEST, out_of_bounds="clip")
            self.curve_.fit(x, np.asarray(y, np.float64), sample_weight)
        elif self.method == "none":
            self.coefficients_ = np.array([0.0, 1.0])
        else:
            self.coefficients_ = _rising(self._terms(x), y, sample_weight)
        return self

    def predict(self, margin: ArrayLike) -> Array:
        x = np.asarray(margin, np.float64)
        if self.method == "isotonic":
            risk = np.asarray(self.curve_.predict(x), np.float64)
        else:
            risk = metrics.expit(self._terms(x) @ self.coefficients_)
        return shifted(risk, self.shift_, self.stretch_) if (self.shift_, self.stretch_) != (0, 1) else risk

    def moved(self, shift: float, slope: float = 1.0) -> Calibrator:
        """Return the same curve with all log-odds multiplied by `slope` and then shifted by `shift`."""
        copied = copy(self)
        copied.shift_ = slope * self.shift_ + shift
        if slope != 1:
            copied.stretch_ = slope * self.stretch_
        return copied

    def slope(self) -> float:
        """Slope of the curve in log-odds, if it is a straight line; 1 if the curve bends."""
        return self.stretch_ * (float(self.coefficients_[1]) if self.method == "sigmoid" else 1.0)

    def _terms(self, x: Array) -> Array:
        if self.method == "beta":
            return np.column_stack([np.ones(len(x)), -np.logaddexp(0, -x), np.logaddexp(0, x)])
        return np.column_stack([np.ones(len(x)), x])


def _rising(terms: Array, y: ArrayLike, w: ArrayLike | None) -> Array:
    """Fit by maximum likelihood. Terms that would make risk fall as log-odds rise are fixed at 0 (Kull 2017, section
    4)."""
    kept = np.arange(terms.shape[1])
    while True:
        fitted = calibration.maximise_likelihood(terms[:, kept], y, w)
        falling = [i for i, value in zip(kept, fitted, strict=True) if i > 0 and value < 0]
        if not falling:
            break
        kept = np.array([i for i in kept if i not in falling])
    coefficients = np.zeros(terms.shape[1])
    coefficients[kept] = fitted
    return coefficients


def in_the_large(risk: ArrayLike, y: ArrayLike, w: ArrayLike | None = None) -> float:
    """Log-odds to add to every risk so that totals match recent outcomes (Steyerberg 2004). 0 if there are no outcomes.

    It is shrunk towards 0 by its own uncertainty, so that a handful of outcomes changes nobody's risk.
    """
    shift = calibration.calibration_intercept(y, risk, w)
    if not np.isfinite(shift):
        return 0.0
    moved = metrics.expit(metrics.logit(risk) + shift)
    variance = 1 / max(float(np.sum((1.0 if w is None else np.asarray(w)) * moved * (1 - moved))), metrics.SMALLEST)
    return float(shift * shift / (shift * shift + variance) * shift)


def shifted(risk: ArrayLike, shift: float, stretch: float = 1.0) -> Array:
    """Risks whose log-odds are multiplied and then shifted."""
    return metrics.expit(stretch * metrics.logit(risk) + shift)


def choose(
    margin: Array,
    y: NDArray[np.int8],
    groups: NDArray[np.int8],
    w: Array | None = None,
    person: NDArray[np.int32] | None = None,
) -> Calibration:
    """Choose the method with the least log loss on rows left out. Also returns the other methods' results. `groups` are
    folds or, better, training dates.

    The sigmoid stays unless another is better by more than two standard errors of the difference. A `person`'s rows
    count as one.
    """
    methods = [m for m in METHODS if m != "isotonic" or y.sum() >= ISOTONIC_EVENTS]
    held_out = {method: _held_out_losses(method, margin, y, groups, w) for method in methods}
    weight = np.ones(len(y)) if w is None else w
    chosen: str = "sigmoid"
    tried: dict[str, Tried] = {}
    for method, losses in held_out.items():
        gain = (held_out["sigmoid"] - losses) * weight / weight.mean()
        error = _standard_error(gain, person)
        tried[method] = Tried(float(np.average(losses, weights=weight)), float(gain.mean()), error)
        if gain.mean() > max(2 * error, tried[chosen].gain):
            chosen = method
    return Calibration(chosen, tried)


def _standard_error(values: Array, person: NDArray[np.int32] | None) -> float:
    """Standard error of the mean, with the rows of a person kept together."""
    codes = np.arange(len(values)) if person is None else np.unique(person, return_inverse=True)[1]
    return float(np.sqrt(np.sum(np.bincount(codes, values - values.mean()) ** 2)) / len(values))


def _held_out_losses(
    method: str, margin: Array, y: NDArray[np.int8], groups: NDArray[np.int8], w: Array | None
) -> Array:
    losses = np.empty(len(y))
    for group in np.unique(groups):
        out = groups == group
        fitted = Calibrator(method).fit(margin[~out], y[~out], None if w is None else w[~out])
        losses[out] = metrics.log_losses(y[out], fitted.predict(margin[out]))
    return losses
