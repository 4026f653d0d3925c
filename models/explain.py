# ruff: noqa: N803, N806 - X is the matrix of features, as in scikit-learn
"""Explains risks: how much each feature adds to a person's log-odds or takes from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.disk import write_parquet
from data_schemas.receipts import Snapshot, TrainedModel
from models import metrics, storage
from models.learning import sample
from models.learning.estimators import RiskModel
from models.metrics import Array

BLOCK = 4_000
"""Number of people explained at a time: their contributions to every feature are in memory several times."""
STRONGEST = 60
"""How many features are kept for each person that raise the risk, and how many that lower it."""
SMALLEST = 1e-6
"""Smaller contributions (log-odds) are not stored."""


def contributions(model: TrainedModel, snapshot: Snapshot, persons: list[int] | None, store: Path) -> Path:
    """Write the strongest contributions for some or all people: one per row, sorted by person and strength.

    Columns: `person` int32, `feature` text, `value` float32 (null = missing), `contribution` float64: log-odds added
    compared with an average person in the training data. The 60 strongest that raise and the 60 strongest that lower
    risk are kept.
    """
    fitted = storage.load(model.path)
    everyone = sample.persons(snapshot)
    wanted = everyone if persons is None else np.intersect1d(everyone, np.asarray(persons, np.int32))
    frames = [_block(fitted, snapshot, wanted[i : i + BLOCK]) for i in range(0, max(len(wanted), 1), BLOCK)]
    return write_parquet(
        pl.concat(frames, rechunk=True), store / "contributions" / f"{snapshot.as_of}-{model.model_version}.parquet"
    )


def _block(model: RiskModel, snapshot: Snapshot, person: NDArray[np.int32]) -> pl.DataFrame:
    names = np.array(model.feature_names or ())
    X = sample.matrix(snapshot, list(names), person)
    given = contribution_matrix(model, X)
    rows, columns = strongest(given)
    frame = pl.DataFrame({
        "person": person[rows], "feature": names[columns].astype(str), "value": X[rows, columns], "contribution": given[rows, columns],
    }, schema={"person": pl.Int32, "feature": pl.String, "value": pl.Float32, "contribution": pl.Float64})  # fmt: skip
    return frame.with_columns(pl.col("value").fill_nan(None))


def strongest(given: Array, kept: int = STRONGEST) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column numbers of each row's strongest contributions of either sign, strongest first."""
    order = np.argsort(-np.abs(given), axis=1, kind="stable")
    signs = np.sign(np.take_along_axis(given, order, axis=1))
    place = np.where(signs > 0, np.cumsum(signs > 0, axis=1), np.cumsum(signs < 0, axis=1))
    shown = (place <= kept) & (np.abs(np.take_along_axis(given, order, axis=1)) > SMALLEST)
    rows, places = np.nonzero(shown)
    return rows, order[rows, places]


def contribution_matrix(model: RiskModel, X: NDArray[np.float32]) -> Array:
    """Log-odds that each feature (column) adds for each person (row), compared with the average of the training data.

    Exact for trees (Shapley values of the tree paths) and for linear models (coefficient times distance from the mean).
    For other models: the change when a value is replaced by missing. The term for new people counts with the feature
    that it depends on. A sigmoid calibration scales contributions; other calibrations do not change them.
    """
    estimator = model.estimator_
    if hasattr(estimator, "booster_"):
        given = np.asarray(estimator.predict_proba(X, pred_contrib=True))[:, :-1]
    elif hasattr(estimator, "steps"):
        given = _linear(estimator, X)
    else:
        given = _by_replacement(estimator, X)
    if hasattr(model, "newcomers_"):
        for column, added in model.newcomers_.by_column(X).items():
            given[:, column] += added
    scaled: Array = given * model.calibrator_.slope()
    return scaled


def _linear(pipeline: Any, X: NDArray[np.float32]) -> Array:
    """Terms of a linear model, summed over the columns that came from one feature."""
    terms, model = (step for _, step in pipeline.steps)
    added = terms.transform(X).astype(np.float64) * model.coef_[0]
    given = np.zeros(X.shape)
    for term, origin in enumerate(terms.origin_):
        given[:, origin] += added[:, term]
    return given


def _by_replacement(estimator: Any, X: NDArray[np.float32]) -> Array:
    whole = metrics.logit(estimator.predict_proba(X)[:, 1])
    given = np.zeros(X.shape)
    for column in range(X.shape[1]):
        without = X.copy()
        without[:, column] = np.nan
        given[:, column] = whole - metrics.logit(estimator.predict_proba(without)[:, 1])
    return given
