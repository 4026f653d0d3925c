"""Evaluates the model on people it was not trained on: who is new, and how models do on unseen people of the same
ages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models import metrics
from models.judging import intervals
from models.judging.figures import Metrics
from models.judging.record import WhoIsNew
from models.judging.test_dates import TestData, part_figures
from models.learning.estimators import THREADS, Crossed, RiskModel
from models.learning.fit import Fit
from models.metrics import Array
from models.score import BLOCK

AGES = (0, 1, 18, 19, 25, 40, 65, 75)
"""Ages at which the age bands of new people begin. Infants and people aged 18 are separate bands."""


def disjoint_risks(test: TestData, fitted: Fit) -> Array:
    """Risks of the test rows from models of the same kind that were not trained on the person at any date. NaN if there
    is no such model."""
    risks, model, crossed = np.full(len(test.y), np.nan), fitted.model, fitted.crossed
    fold, names = crossed.fold_of(test.person), list(model.feature_names or ())
    covered = np.flatnonzero(fold >= 0)

    def one(start: int) -> None:
        rows = covered[start : start + BLOCK]
        risks[rows] = _block(test.columns_at(names, rows), fold[rows], model, crossed)

    with ThreadPoolExecutor(THREADS) as pool:  # each model predicts on one thread
        list(pool.map(one, range(0, len(covered), BLOCK)))
    return risks


def _block(values: NDArray[np.float32], fold: NDArray[np.int8], model: RiskModel, crossed: Crossed) -> Array:
    margin = np.empty(len(fold))
    for number, log_odds in enumerate(crossed.models):
        own = fold == number
        if own.any():
            margin[own] = log_odds(values[own])
    return model.calibrator_.predict(model.with_newcomers(values, margin))


def who_is_new(test: TestData, trained_on: NDArray[np.int32]) -> WhoIsNew:
    """Ages of the people whom training did not include."""
    age = new_ages(test, trained_on)
    counts = np.bincount(band(age), minlength=len(AGES))
    ages = {name: int(count) for name, count in zip(names_of(AGES), counts, strict=True) if count}
    return WhoIsNew(ages, float(np.median(age)) if len(age) else None)


def new_ages(test: TestData, trained_on: NDArray[np.int32]) -> NDArray[np.int32]:
    """Ages of the test rows of people who were never trained on."""
    return test.cohort("age")["age"].to_numpy()[~np.isin(test.person, trained_on)]


def person_disjoint(
    test: TestData, trained_on: NDArray[np.int32], disjoint: Array | None
) -> tuple[Metrics | None, Metrics | None]:
    """Figures of models that were not trained on the people: for everybody, and weighted to the ages of new people."""
    if disjoint is None:
        return None, None
    covered = np.isfinite(disjoint)
    apart, ages = test.judged(np.nan_to_num(disjoint)).where(covered), new_ages(test, trained_on)
    whole = part_figures(apart, test.plan.seed)
    if not len(ages):
        return whole, None
    weight = to_ages_of(ages, test.cohort("age")["age"].to_numpy()[covered], intervals.weights(apart))
    return whole, part_figures(replace(apart, weight=weight).where(weight > 0), test.plan.seed)


def band(age: NDArray[np.int32]) -> NDArray[np.intp]:
    """The number of each age's band."""
    return np.searchsorted(AGES, age, side="right") - 1


def names_of(starts: tuple[int, ...]) -> list[str]:
    """Names of the age bands: `0`, `1-17`, `18`, …, `75 and over`."""
    ends = [start - 1 for start in starts[1:]]
    named = [str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=False)]
    return [*named, f"{starts[-1]} and over"]


def to_ages_of(wanted: NDArray[np.int32], age: NDArray[np.int32], own: Array) -> Array:
    """Weights that give people of these ages the ages of other people, by band. They have the same sum as the people's
    `own` weights."""
    at, size = band(age), len(AGES)
    share, here = np.bincount(band(wanted), minlength=size) / max(len(wanted), 1), np.bincount(at, own, minlength=size)
    factor = np.divide(share, here, out=np.zeros(size), where=here > 0)[at] * own
    return np.asarray(factor * own.sum() / max(factor.sum(), metrics.SMALLEST))
