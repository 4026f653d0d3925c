# ruff: noqa: N803 - X is the matrix of features, as in scikit-learn
"""Our own scikit-learn estimators: terms of a linear model that remember their features, and the model that gives calibrated risks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models import metrics
from models.calibrate import Calibrator
from models.metrics import Array
from models.splits import each_fold, person_folds

KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)
"""Harrell's quantiles for five knots (Regression Modeling Strategies, table 2.3)."""
THREADS = 2
"""Fixed, so that sums are taken in the same order on every machine. One product of matrices takes one thread: two that wait for each
other made a logistic regression 15 times slower."""
PARALLEL_CELLS = 2_000_000
"""Rows times features from which one fit is worth two threads: below, they wait for each other longer than they work."""
MISSING_SHARE = 0.001
"""A column missing more often than this gets a column that says so."""


class LinearTerms(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Scaled columns, logarithms of counts, splines of smooth columns, and columns that say a value is missing.

    `columns` are the numbers of those used, None for all; `logarithms` and `splines` are among them. Every value is held within what
    training saw, so that nobody's risk is extrapolated. `origin_` gives, for each column that comes out, the column that went in. What
    comes out has a mean of 0 in training.
    """

    def __init__(
        self, logarithms: tuple[int, ...] = (), splines: tuple[int, ...] = (), columns: tuple[int, ...] | None = None
    ) -> None:
        self.logarithms = logarithms
        self.splines = splines
        self.columns = columns

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> LinearTerms:  # noqa: ARG002 (scikit-learn passes y to every step)
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
        self.centre_ = np.zeros(len(self.origin_))
        self.centre_ = self.transform(values).mean(axis=0, dtype=np.float64)
        return self

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        check_is_fitted(self)
        values = validate_data(self, X, dtype=[np.float32, np.float64], ensure_all_finite="allow-nan", reset=False)
        raw = self._raw(values)
        missing = np.isnan(raw)
        width, at = raw.shape[1], raw.shape[1] + len(self.absent_)
        out = np.empty((len(raw), len(self.origin_)), values.dtype)
        out[:, :width] = np.where(missing, 0, (raw - self.mean_.astype(raw.dtype)) / self.scale_.astype(raw.dtype))
        out[:, width:at] = missing[:, self.absent_]
        for column, knots in zip(self.bent_, self.knots_, strict=True):
            filled = np.where(missing[:, column], self.mean_[column], raw[:, column])
            bends = restricted_cubic(filled, knots) / self.scale_[column]
            out[:, at : at + bends.shape[1]] = bends
            at += bends.shape[1]
        out -= self.centre_.astype(out.dtype)
        return out

    def _raw(self, values: NDArray[Any]) -> NDArray[Any]:
        """The columns used, held within what training saw, some as logarithms."""
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
    """The bends of a restricted cubic spline, shape (n, knots - 2): cubic between knots, straight outside them.

    Harrell, Regression Modeling Strategies, equation 2.25, divided by the squared range so that terms stay near the scale of x.
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


class RiskModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose risks are calibrated on rows it did not see, keeping each person's rows together.

    `fit` learns the calibration from out-of-fold log-odds and then fits `estimator` to all rows (at most `most_rows`, drawn at
    random). With `feature_names`, a frame may hold more columns than the model uses, in any order; a plain matrix must hold exactly
    them, in their order.
    """

    def __init__(
        self,
        estimator: Any = None,
        calibration: str = "sigmoid",
        folds: int = 5,
        seed: int = 0,
        feature_names: tuple[str, ...] | None = None,
        most_rows: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.calibration = calibration
        self.folds = folds
        self.seed = seed
        self.feature_names = feature_names
        self.most_rows = most_rows

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        margin: ArrayLike | None = None,
    ) -> RiskModel:
        """Fit; `groups` are persons, `margin` out-of-fold log-odds when they are at hand already (NaN for rows without)."""
        values, outcome = validate_data(
            self, self._columns(X), y, dtype=[np.float32, np.float64], ensure_all_finite="allow-nan"
        )
        check_classification_targets(outcome)
        self.classes_, codes = np.unique(outcome, return_inverse=True)
        if len(self.classes_) != 2:  # noqa: PLR2004 (event or not)
            raise ValueError(
                f"Only binary classification is supported. The number of classes found is {len(self.classes_)}, one class was not expected."
            )
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, values, dtype=np.float64)
        persons = np.asarray(np.arange(len(codes)) if groups is None else groups)
        if margin is None:
            fold = person_folds(persons, codes.astype(np.int8), self.folds, self.seed)
            out = out_of_fold(self._base(), values, codes, fold, weight, self.most_rows)
        else:
            out = np.asarray(margin, np.float64)
        known = np.isfinite(out)
        self.calibrator_ = Calibrator(self.calibration).fit(
            out[known], codes[known], None if weight is None else weight[known]
        )
        self.estimator_ = self._learnt(values, codes, weight)
        return self

    def _learnt(self, values: NDArray[Any], codes: NDArray[Any], weight: Array | None) -> Any:
        if self.most_rows is None or len(codes) <= self.most_rows:
            return fitted(self._base(), values, codes, weight)
        rows = drawn(np.arange(len(codes)), self.most_rows, self.seed)
        return fitted(self._base(), values[rows], codes[rows], None if weight is None else weight[rows])

    def margin(self, X: Any) -> Array:
        """Log-odds before calibration."""
        check_is_fitted(self)
        values = validate_data(
            self, self._columns(X), dtype=[np.float32, np.float64], ensure_all_finite="allow-nan", reset=False
        )
        return metrics.logit(self.estimator_.predict_proba(values)[:, 1])

    def predict_proba(self, X: Any) -> Array:
        """Chance of each class, shape (n, 2)."""
        risk = self.calibrator_.predict(self.margin(X)) if hasattr(self, "calibrator_") else self.margin(X)
        return np.column_stack([1 - risk, risk])

    def predict(self, X: Any) -> NDArray[Any]:
        """The likelier class."""
        likelier = (self.predict_proba(X)[:, 1] > 0.5).astype(int)  # noqa: PLR2004 (even chance)
        return np.asarray(self.classes_[likelier])

    def _base(self) -> Any:
        if self.estimator is not None:
            return clone(self.estimator)
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(max_iter=20, random_state=self.seed)

    def _columns(self, X: Any) -> Any:
        """The model's own columns of a frame, as a matrix; anything else as it is."""
        if self.feature_names is None or not hasattr(X, "columns"):
            return X
        missing = [name for name in self.feature_names if name not in X.columns]
        if missing:
            raise ValueError(f"The frame lacks {len(missing)} of the model's features: {', '.join(missing[:10])}.")
        return np.asarray(X[list(self.feature_names)], dtype=np.float32)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


def fitted(estimator: Any, X: NDArray[Any], y: NDArray[Any], weight: Array | None, *, threads: int = THREADS) -> Any:
    """Fit with weights where there are any; the last step of a pipeline takes them."""
    threads = threads if X.size > PARALLEL_CELLS else 1
    name = f"{estimator.steps[-1][0]}__sample_weight" if hasattr(estimator, "steps") else "sample_weight"
    if "n_jobs" in estimator.get_params():
        estimator.set_params(n_jobs=threads)
    with threadpool_limits({"blas": 1, "openmp": threads}):
        return estimator.fit(_with_some_value(X), y, **({} if weight is None else {name: weight}))


def _with_some_value(X: NDArray[Any]) -> NDArray[Any]:
    """Columns without any value filled with 0: they tell nothing, and scikit-learn's trees cannot be fitted on them."""
    empty = np.isnan(X).all(axis=0)
    return np.where(empty, X.dtype.type(0), X) if empty.any() else X


def drawn(rows: NDArray[np.intp], most: int | None, seed: int) -> NDArray[np.intp]:
    """All of the rows, or as many as may be learnt from, in order."""
    if most is None or len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def out_of_fold(
    estimator: Any,
    X: NDArray[Any],
    y: NDArray[Any],
    fold: NDArray[np.int8],
    weight: Array | None,
    most_rows: int | None = None,
) -> Array:
    """Log-odds of every row from a model that did not see its fold, learnt from at most `most_rows`; folds are fitted side by side."""
    margin = np.full(len(y), np.nan)

    def one(rows: tuple[NDArray[np.intp], NDArray[np.intp]]) -> None:
        learn, judge = drawn(rows[0], most_rows, 0), rows[1]
        model = fitted(clone(estimator), X[learn], y[learn], None if weight is None else weight[learn], threads=1)
        margin[judge] = metrics.logit(model.predict_proba(X[judge])[:, 1])

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, each_fold(fold)))
    return margin
