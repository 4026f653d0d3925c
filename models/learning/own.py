# ruff: noqa: N803 - X is the matrix of features, as in scikit-learn
"""Wraps a classifier that a data scientist has fitted, so that it can be stored, tested and compared like any other
model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from models.learning import STORED_AS
from models.metrics import Array


class OwnModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier with the names of its columns. Its risks are used as they are, without calibration.

    It takes a frame with at least these columns, in any order, or a matrix (n, k) float32 of exactly these, in this
    order.
    """

    __module__ = STORED_AS

    def __init__(self, estimator: Any, feature_names: Sequence[str]) -> None:
        self.estimator = estimator
        self.feature_names = feature_names

    def fit(self, X: Any, y: Any) -> OwnModel:
        """Fit the classifier again, on these rows."""
        self.estimator.fit(self._frame(X), y)
        return self

    @property
    def classes_(self) -> Any:
        return self.estimator.classes_

    def predict_proba(self, X: Any) -> Array:
        """Chance of each class, shape (n, 2)."""
        return np.asarray(self.estimator.predict_proba(self._frame(X)), np.float64)

    def _frame(self, X: Any) -> Any:
        """The columns in the form to which the classifier was fitted: with names, if it was fitted to a frame."""
        import pandas as pd

        names = list(self.feature_names)
        frame = X[names] if hasattr(X, "columns") else pd.DataFrame(X, columns=names)
        return frame if hasattr(self.estimator, "feature_names_in_") else frame.to_numpy()
