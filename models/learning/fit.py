"""Turns a sample into a fitted, calibrated model: chooses a candidate, calibrates it out of fold and refits it to all
rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from data_schemas.receipts import Notice
from data_schemas.small_numbers import protect, shown
from models.learning.calibrate import Calibration, choose
from models.learning.candidates import Candidate, candidates, lightgbm_loads
from models.learning.estimators import Crossed, RiskModel
from models.learning.newcomers import Newcomers, newcomers
from models.learning.sample import Sample
from models.learning.selection import Selection, Trial, select
from models.metrics import Array

SMALL_EVENTS = 1000
"""With fewer training events, the report states that figures are rough."""


@dataclass(frozen=True)
class Fit:
    """A fitted model, how it was chosen and calibrated, and what a reader should know."""

    model: RiskModel
    candidate: str
    selection: list[Trial]
    calibration: Calibration
    notices: list[Notice]
    held_out_risks: Array
    """Calibrated risks of training rows, from models that were not trained on them."""
    held_out_weight: Array | None
    crossed: Crossed
    """Models of the same kind that were not trained on some of the people."""


def fit(sample: Sample, seed: int, contenders: Sequence[Candidate] | None = None) -> Fit:
    """Fit the best candidate (of all, or of `contenders`): calibrate it on rows it was not trained on and refit it to
    all rows."""
    selection = select(sample, contenders or candidates(len(sample)), seed)
    margin, groups = held_out_margin(sample, selection)
    known = np.isfinite(margin)
    weight = None if sample.weight is None else sample.weight[known]
    new = newcomers(sample.features)
    term = clone(new).fit(sample.X, margin, sample.y, sample.person, sample.weight)
    moved = (margin + term.of(sample.X))[known]
    calibration = choose(moved, sample.y[known], groups[known], weight, sample.person[known])
    model = build(selection.chosen, sample, margin, calibration.method, seed, new)
    held_out = model.calibrator_.predict(moved)
    return Fit(
        model,
        selection.chosen.name,
        selection.trials,
        calibration,
        notices(sample),
        held_out,
        weight,
        selection.crossed,
    )


def build(
    candidate: Candidate, sample: Sample, margin: Array, method: str, seed: int, new: Newcomers | None = None
) -> RiskModel:
    """Fit the candidate to every row, calibrate it with the given out-of-fold log-odds, and add a term for new
    people."""
    names = tuple(feature.name for feature in sample.features)
    estimator = candidate.build(sample.features, seed)
    model = RiskModel(estimator, method, seed=seed, feature_names=names, most_rows=candidate.most_rows, newcomers=new)
    return model.fit(sample.X, sample.y, sample_weight=sample.weight, groups=sample.person, margin=margin)


def held_out_margin(sample: Sample, selection: Selection) -> tuple[Array, np.ndarray[Any, np.dtype[np.int8]]]:
    """Log-odds for the calibration, from the selection (NaN for other rows), and the groups for choosing its method."""
    margin, fold = np.full(len(sample), np.nan), np.zeros(len(sample), np.int8)
    margin[selection.rows], fold[selection.rows] = selection.margin, selection.fold
    return margin, calibration_groups(sample, fold)


def calibration_groups(sample: Sample, fold: np.ndarray[Any, np.dtype[np.int8]]) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Training dates if there are several, because a curve must stay right over time; otherwise folds of people."""
    dates, codes = np.unique(sample.as_of, return_inverse=True)
    return codes.astype(np.int8) if len(dates) > 1 else fold


def notices(sample: Sample) -> list[Notice]:
    """Notices about the training data."""
    result = []
    if sample.events < SMALL_EVENTS:
        events, rows = shown(protect(sample.events)), shown(protect(sample.person_dates))
        text = f"Only {events} events among {rows} person-dates to train on: intervals are wide."
        result.append(Notice("small_data", text))
    if not lightgbm_loads():
        text = (
            "LightGBM could not be loaded (is libgomp installed?): scikit-learn's boosted trees are used instead and "
            "are slower."
        )
        result.append(Notice("lightgbm_missing", text))
    return result
