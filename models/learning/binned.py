# ruff: noqa: N803 - X is the matrix of features, as in scikit-learn
"""Bins a matrix once, for every LightGBM candidate that trains on some of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.learning.candidates import lightgbm_loads
from models.learning.estimators import LogOdds
from models.metrics import Array


def is_lightgbm(estimator: Any) -> bool:
    """Whether an estimator is LightGBM's and so can train on a matrix that is already binned."""
    if not lightgbm_loads():
        return False
    from lightgbm import LGBMClassifier

    return isinstance(estimator, LGBMClassifier)


class Binned:
    """The bins of `X`, one byte per value, with outcomes and weights.

    Edges do not depend on outcomes, so they may use test rows. Rows are taken from the bins, so that the matrix of
    floats, four times as large, is not copied.
    """

    def __init__(
        self, X: NDArray[np.float32], y: NDArray[Any], weight: Array | None, estimators: Sequence[Any]
    ) -> None:
        from lightgbm import Dataset

        fewest = min(estimator.min_child_samples for estimator in estimators)
        shared = _parameters(estimators[0]) | {"min_child_samples": fewest}
        self._whole = Dataset(X, y, weight=weight, params=shared).construct()

    def fitted(self, estimator: Any, rows: NDArray[np.intp], threads: int = 1) -> LogOdds:
        """Fit the estimator's trees to some rows. Returns a function that gives log-odds."""
        from lightgbm import train

        parameters = _parameters(estimator) | {"n_jobs": threads}
        booster = train(parameters, self._whole.subset(rows), estimator.n_estimators)
        return lambda judged: np.asarray(booster.predict(judged, raw_score=True, num_threads=1), np.float64)


def _parameters(estimator: Any) -> dict[str, Any]:
    """Parameters for LightGBM itself. It also accepts the names of its scikit-learn interface, which these are."""
    own = ("n_estimators", "importance_type", "class_weight", "objective")
    given = {name: value for name, value in estimator.get_params().items() if name not in own and value is not None}
    return given | {"objective": "binary"}
