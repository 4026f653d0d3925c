# ruff: noqa: N803 - X is the matrix of features, as in scikit-learn
"""Declares the model that gives calibrated risks, as a scikit-learn estimator, and fits all estimators."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models import metrics
from models.learning import STORED_AS
from models.learning.calibrate import Calibrator
from models.learning.newcomers import Newcomers
from models.learning.splits import each_fold, person_folds
from models.metrics import Array

LogOdds = Callable[[NDArray[Any]], Array]
THREADS = 2
"""Number of threads for trees. It is fixed, so that sums are in the same order on every machine. Matrix products use
one thread, because two threads that waited for each other made a logistic regression 15 times slower."""
PARALLEL_CELLS = 2_000_000
"""One fit uses two threads from this many rows times features. With less, the threads wait longer than they work."""


class RiskModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose risks are calibrated on rows it was not trained on. Each person's rows stay together.

    `fit` fits the calibration to out-of-fold log-odds and then fits `estimator` to all rows (at most `most_rows`, drawn
    at random). `newcomers` is a term for new people, fitted to the same log-odds before the calibration. With
    `feature_names`, a frame may hold more columns than the model uses, in any order. A plain matrix must hold exactly
    them, in their order.
    """

    __module__ = STORED_AS

    def __init__(
        self,
        estimator: Any = None,
        calibration: str = "sigmoid",
        folds: int = 5,
        seed: int = 0,
        feature_names: tuple[str, ...] | None = None,
        most_rows: int | None = None,
        newcomers: Newcomers | None = None,
    ) -> None:
        self.estimator = estimator
        self.calibration = calibration
        self.folds = folds
        self.seed = seed
        self.feature_names = feature_names
        self.most_rows = most_rows
        self.newcomers = newcomers

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        margin: ArrayLike | None = None,
    ) -> RiskModel:
        """Fit the model. `groups` are persons. `margin` is out-of-fold log-odds, if already known (NaN for rows
        without)."""
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
            out = np.array(margin, np.float64)
        if self.newcomers is not None:
            self.newcomers_ = clone(self.newcomers).fit(values, out, codes, persons, weight)
            out += self.newcomers_.of(values)
        known = np.isfinite(out)
        at_hand = None if weight is None else weight[known]
        self.calibrator_ = Calibrator(self.calibration).fit(out[known], codes[known], at_hand)
        self.estimator_ = self._final(values, codes, weight)
        return self

    def _final(self, values: NDArray[Any], codes: NDArray[Any], weight: Array | None) -> Any:
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
        return self.with_newcomers(values, metrics.logit(self.estimator_.predict_proba(values)[:, 1]))

    def with_newcomers(self, values: NDArray[Any], margin: Array) -> Array:
        """Log-odds with the term for new people. Models of release 0.1 have no such term."""
        return margin + self.newcomers_.of(values) if hasattr(self, "newcomers_") else margin

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
        """Pick the model's columns from a frame, as a matrix. Anything else is returned unchanged."""
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
    """Fit an estimator, with weights if there are any. In a pipeline, the last step gets them."""
    threads = threads if X.size > PARALLEL_CELLS else 1
    name = f"{estimator.steps[-1][0]}__sample_weight" if hasattr(estimator, "steps") else "sample_weight"
    if "n_jobs" in estimator.get_params():
        estimator.set_params(n_jobs=threads)
    with threadpool_limits({"blas": 1, "openmp": threads}):
        return estimator.fit(_with_some_value(X), y, **({} if weight is None else {name: weight}))


def _with_some_value(X: NDArray[Any]) -> NDArray[Any]:
    """Fill columns without any value with 0. They contain no information, and scikit-learn's trees cannot be fitted to
    them."""
    empty = np.isnan(X).all(axis=0)
    return np.where(empty, X.dtype.type(0), X) if empty.any() else X


def drawn(rows: NDArray[np.intp], most: int | None, seed: int) -> NDArray[np.intp]:
    """All rows, or a random sample of `most` of them, in order."""
    if most is None or len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def log_odds(estimator: Any, X: NDArray[Any]) -> Array:
    """The predictions of a fitted classifier, as log-odds."""
    return metrics.logit(estimator.predict_proba(X)[:, 1])


@dataclass(frozen=True)
class Crossed:
    """Models of the same kind, each fitted without the people of one fold. Also the fold of every person, in ascending
    order.

    A model turns features (n, k) into log-odds (n,).
    """

    models: list[LogOdds]
    person: NDArray[np.int32]
    fold: NDArray[np.int8]

    def fold_of(self, person: NDArray[np.int32]) -> NDArray[np.int8]:
        """The fold of each person; -1 for people who are in no fold."""
        place = np.minimum(np.searchsorted(self.person, person), len(self.person) - 1)
        return np.where(self.person[place] == person, self.fold[place], -1).astype(np.int8)


def out_of_fold(
    estimator: Any,
    X: NDArray[Any],
    y: NDArray[Any],
    fold: NDArray[np.int8],
    weight: Array | None,
    most_rows: int | None = None,
) -> Array:
    """Log-odds of every row from a model fitted without its fold, to at most `most_rows` rows.

    Folds are fitted in parallel.
    """
    margin = np.full(len(y), np.nan)

    def one(rows: tuple[NDArray[np.intp], NDArray[np.intp]]) -> None:
        learn, judge = drawn(rows[0], most_rows, 0), rows[1]
        model = fitted(clone(estimator), X[learn], y[learn], None if weight is None else weight[learn], threads=1)
        margin[judge] = log_odds(model, X[judge])

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, each_fold(fold)))
    return margin
