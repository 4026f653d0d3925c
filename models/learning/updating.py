"""Decides which update a model needs: none, its intercept, its intercept and slope, or a refit. It uses closed testing
on the newest outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models import bootstrap, calibration, metrics
from models.metrics import Array

Update = Literal["keep", "intercept", "slope", "refit"]
LEVEL = 0.025
"""Significance level of each test. Together with the refit's own test, a model that is still right is kept at least 19
times in 20."""
REPLICATES = 400


@dataclass(frozen=True)
class Choice:
    """The chosen update, the shift and slope of the log-odds, and the P values that decided."""

    update: Update
    shift: float
    slope: float
    chance_of_line: float
    """P value: the chance of a calibration line this far from (0, 1) if the model is still right."""
    chance_of_slope: float
    """P value: the chance of a slope this far from 1 if only the intercept is wrong."""


def closed_test(p: Array, y: NDArray[Any], person: NDArray[Any], w: Array | None = None) -> Choice:
    """Choose the simplest update that the newest outcomes do not rule out (Vergouwe and others 2017, Statistics in
    Medicine 36:4529).

    The model with free intercept and slope is tested against the model as it is, then against the one with only its
    intercept free. Each test has the same level, so the whole procedure has it too. Tests are Wald's, with a covariance
    that keeps the rows of one person together.
    """
    x = metrics.logit(p)
    line = np.array(calibration.calibration_line(y, p, w))
    if not np.isfinite(line).all():
        return Choice("keep", 0.0, 1.0, 1.0, 1.0)
    covariance = clustered_covariance(np.column_stack([np.ones(len(x)), x]), y, line, person, w)
    away = line - np.array([0.0, 1.0])
    of_line = _tail(float(away @ np.linalg.solve(covariance, away)), 2)
    of_slope = _tail(float(away[1] ** 2 / covariance[1, 1]), 1)
    if of_line >= LEVEL:
        return Choice("keep", 0.0, 1.0, of_line, of_slope)
    if of_slope >= LEVEL:
        return Choice("intercept", calibration.calibration_intercept(y, p, w), 1.0, of_line, of_slope)
    return Choice("slope", float(line[0]), float(line[1]), of_line, of_slope)


def clustered_covariance(
    design: Array, y: NDArray[Any], coefficients: Array, person: NDArray[Any], w: Array | None
) -> NDArray[np.float64]:
    """Covariance of logistic coefficients that keeps a person's rows together (Liang and Zeger 1986)."""
    weight = np.ones(len(y)) if w is None else w
    p = metrics.expit(design @ coefficients)
    bread = np.linalg.inv((design * (weight * p * (1 - p))[:, None]).T @ design)
    codes = np.unique(person, return_inverse=True)[1]
    scores = design * (weight * (y - p))[:, None]
    summed = np.column_stack([np.bincount(codes, scores[:, i]) for i in range(design.shape[1])])
    return np.asarray(bread @ (summed.T @ summed) @ bread, np.float64)


def _tail(statistic: float, freedom: int) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(statistic, freedom))


def refit_is_better(
    y: NDArray[Any], updated: Array, refitted: Array, person: NDArray[Any], w: Array | None = None, seed: int = 0
) -> bool:
    """Whether a refitted model has less log loss than the updated one by more than chance. It resamples people.

    The refitted model must not have been trained on these outcomes.
    """
    gain = metrics.log_losses(y, updated) - metrics.log_losses(y, refitted)
    spread = bootstrap.replicate(
        person, lambda rows: {"gain": rows @ gain / rows.sum(axis=1)}, weight=w, replicates=REPLICATES, seed=seed
    )
    return bool(bootstrap.interval(spread["gain"], 1 - 2 * LEVEL)[0] > 0)
