# ruff: noqa: N803 - X is the matrix of features, as in scikit-learn
"""Makes the terms of a linear model: scaled columns, logarithms, splines, and markers of missing values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from models.learning import STORED_AS
from models.metrics import Array

KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)
"""Harrell's quantiles for five knots (Regression Modeling Strategies, table 2.3)."""
MISSING_SHARE = 0.001
"""A column whose values are missing more often than this gets a column that marks them."""


class LinearTerms(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Scaled columns, logarithms of counts, splines of smooth columns, and columns that mark missing values.

    `columns` are the indexes of those used, None for all; `logarithms` and `splines` are among them. Every value is
    kept within the range of the training data, so that nobody's risk is extrapolated. `origin_` gives the input column
    of each output column. Outputs have a mean of 0 in training.
    """

    __module__ = STORED_AS

    def __init__(
        self, logarithms: tuple[int, ...] = (), splines: tuple[int, ...] = (), columns: tuple[int, ...] | None = None
    ) -> None:
        self.logarithms = logarithms
        self.splines = splines
        self.columns = columns

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> LinearTerms:
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: ArrayLike, y: ArrayLike | None = None) -> NDArray[Any]:  # noqa: ARG002 (scikit-learn passes y to every step)
        """Fit, and return the terms of the same rows, which fitting works out anyway."""
        values = validate_data(
            self, X, dtype=[np.float32, np.float64], ensure_all_finite="allow-nan", ensure_min_samples=2
        )
        self.used_ = np.arange(values.shape[1]) if self.columns is None else np.asarray(self.columns, np.int64)
        self.logged_, self.bent_ = (
            np.flatnonzero(np.isin(self.used_, part)) for part in (self.logarithms, self.splines)
        )
        used = values[:, self.used_]
        with np.errstate(all="ignore"):
            self.low_, self.high_ = (_or_zero(edge(used, axis=0)) for edge in (np.fmin.reduce, np.fmax.reduce))
        raw = self._raw(values)
        missing = np.isnan(raw)
        self.absent_ = np.flatnonzero((missing.mean(axis=0) > MISSING_SHARE) & ~missing.all(axis=0)).astype(np.int64)
        self.mean_ = _or_zero(_nan_mean(raw))
        spread = np.sqrt(_or_zero(_nan_mean((raw - self.mean_.astype(raw.dtype)) ** 2)))
        self.scale_ = np.where(spread > 0, spread, 1.0)
        self.knots_ = [_knots(raw[:, i]) for i in self.bent_]
        bends = [np.full(max(len(knots) - 2, 0), i) for i, knots in zip(self.bent_, self.knots_, strict=True)]
        self.origin_ = self.used_[np.concatenate([np.arange(len(self.used_)), self.absent_, *bends]).astype(np.int64)]
        terms = self._terms(raw, missing)
        self.centre_ = terms.mean(axis=0, dtype=np.float64)
        terms -= self.centre_.astype(terms.dtype)
        return terms

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        check_is_fitted(self)
        values = validate_data(self, X, dtype=[np.float32, np.float64], ensure_all_finite="allow-nan", reset=False)
        raw = self._raw(values)
        terms = self._terms(raw, np.isnan(raw))
        terms -= self.centre_.astype(terms.dtype)
        return terms

    def _terms(self, raw: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
        """The terms before their mean is taken off."""
        width, at = raw.shape[1], raw.shape[1] + len(self.absent_)
        out = np.empty((len(raw), len(self.origin_)), raw.dtype)
        out[:, :width] = np.where(missing, 0, (raw - self.mean_.astype(raw.dtype)) / self.scale_.astype(raw.dtype))
        out[:, width:at] = missing[:, self.absent_]
        for column, knots in zip(self.bent_, self.knots_, strict=True):
            filled = np.where(missing[:, column], self.mean_[column], raw[:, column])
            bends = restricted_cubic(filled, knots) / self.scale_[column]
            out[:, at : at + bends.shape[1]] = bends
            at += bends.shape[1]
        return out

    def _raw(self, values: NDArray[Any]) -> NDArray[Any]:
        """The columns used, kept within the range of the training data, some as logarithms."""
        held: NDArray[Any] = np.clip(
            values[:, self.used_], self.low_.astype(values.dtype), self.high_.astype(values.dtype)
        )
        logged = held[:, self.logged_]
        held[:, self.logged_] = np.sign(logged) * np.log1p(np.abs(logged))
        return held

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _or_zero(values: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.isfinite(values), values, 0.0)


def _nan_mean(values: NDArray[Any]) -> NDArray[Any]:
    known = (~np.isnan(values)).sum(axis=0)
    return np.asarray(np.nansum(values, axis=0, dtype=np.float64) / np.maximum(known, 1))


def _knots(column: NDArray[Any]) -> Array:
    known = column[~np.isnan(column)]
    return np.unique(np.quantile(known, KNOTS)).astype(np.float64) if len(known) else np.empty(0)


def restricted_cubic(x: NDArray[Any], knots: Array) -> Array:
    """The non-linear terms of a restricted cubic spline, shape (n, knots - 2): cubic between knots, straight outside
    them.

    Harrell, Regression Modeling Strategies, equation 2.25, divided by the squared range so that terms stay near the
    scale of x.
    """
    if len(knots) <= 2:  # noqa: PLR2004 (two knots make a straight line)
        return np.empty((len(x), 0))
    last, before = knots[-1], knots[-2]
    cubes = np.maximum(np.asarray(x, np.float64)[:, None] - knots, 0) ** 3
    bends = (
        cubes[:, :-2]
        - cubes[:, [-2]] * (last - knots[:-2]) / (last - before)
        + cubes[:, [-1]] * (before - knots[:-2]) / (last - before)
    )
    return np.asarray(bends / (last - knots[0]) ** 2)
