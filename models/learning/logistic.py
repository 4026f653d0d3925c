"""Fits scikit-learn's logistic regression without false warnings, and in two thirds of its time.

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
from sklearn.linear_model import LogisticRegression, _linear_loss

from models.learning import STORED_AS

BLOCK = 128
"""Number of rows of a symmetric product that are worked out together."""


def sandwich(X: Any, W: NDArray[Any]) -> Any:
    """X' diag(W) X for a matrix X (n, k) and weights W (n,). Only the upper triangle of blocks is worked out, which is
    half the work, and copied to the lower one.
    """
    if not isinstance(X, np.ndarray):
        return _whole(X, W)
    weighted, size = W[:, None] * X, X.shape[1]
    product = np.empty((size, size), weighted.dtype)
    for start in range(0, max(size - BLOCK // 2, 1), BLOCK):
        # The last block takes what would be a narrow one, which a library may add up in another order.
        end = size if start + BLOCK + BLOCK // 2 >= size else start + BLOCK
        product[start:end, start:] = X[:, start:end].T @ weighted[:, start:]
        product[end:, start:end] = product[start:end, end:].T
    return product


_whole: Any = getattr(_linear_loss, "sandwich_dot", None)
if _whole:  # another release of scikit-learn may not have it: it works out the whole product
    _linear_loss.sandwich_dot = sandwich  # scikit-learn offers no other way


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
