"""Fits scikit-learn's logistic regression without false warnings.

On some processors the linear algebra behind NumPy leaves the floating-point flags of unused lanes set. NumPy then warns
"invalid value encountered in matmul" although every number is finite (numpy/numpy issues 24067 and 28967,
OpenMathLib/OpenBLAS issue 1924), in about one of four runs here. Numbers that really are infinite or NaN raise an
error.
"""

# ruff: noqa: N803 - X is what scikit-learn calls it

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import LogisticRegression

from models.learning import STORED_AS


class Logistic(LogisticRegression):  # type: ignore[misc]
    """Logistic regression; raises FloatingPointError where its coefficients or log-odds are not finite."""

    __module__ = STORED_AS

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            super().fit(X, y, sample_weight)
        _finite(self.coef_, "coefficients")
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[Any]:
        """Log-odds."""
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return _finite(super().decision_function(X), "log-odds")


def _finite(values: NDArray[Any], what: str) -> NDArray[Any]:
    if not np.isfinite(values).all():
        raise FloatingPointError(
            f"logistic regression: its {what} are not finite; look for extreme values in a feature"
        )
    return values
