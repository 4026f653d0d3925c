# ruff: noqa: N803 - X is the matrix of features, as in scikit-learn
"""Adds a calibration term for people about whom little is known: recently registered, or only just old enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from data_schemas.receipts import Feature
from models import calibration
from models.learning import STORED_AS
from models.learning.updating import clustered_covariance
from models.metrics import Array

FADING = {"known_days": 180.0, "age": 4.0}
"""For each feature, the distance above its lowest value at which the term has faded to a third (days, years)."""
CLEAR = 2**0.5
"""A term is used if it is this many standard errors from 0. From there, Akaike's criterion prefers it."""
FEWEST = 10
"""Number of events that a term needs, each weighted by how much the term affects its row. With fewer, the likelihood
may not have a maximum."""
MOST = float(np.log(3))
"""Largest change of calibrated log-odds by a term: at most three times the odds, or a third of them."""


class Newcomers(BaseEstimator):  # type: ignore[misc]
    """Log-odds to add for people known for a short time and for the youngest. They fade with time known and with age.

    Trees train on everybody, and so on too few new people to get their level right. A model that counts events takes an
    empty record for good health. `columns` gives the index of each available feature of `FADING`.
    """

    __module__ = STORED_AS

    def __init__(self, columns: dict[str, int] | None = None) -> None:
        self.columns = columns

    def fit(
        self,
        X: NDArray[np.float32],
        margin: Array,
        y: NDArray[np.int8],
        person: NDArray[np.int32],
        weight: Array | None = None,
    ) -> Newcomers:
        """Fit to features (n, k) and log-odds from models that were not trained on the rows. Leaves out rows without
        log-odds (NaN).

        Each term is fitted together with the calibration line, shrunk towards 0 by its own uncertainty (rows of one
        person together) and kept within `MOST`. A term is left out if the log-odds contain no information or the term
        would have few events.
        """
        self.names_ = sorted(self.columns or {})
        self.least_ = np.array([float(np.fmin.reduce(X[:, self._column(name)])) for name in self.names_])
        self.size_ = np.zeros(len(self.names_))
        known = np.isfinite(margin)
        terms, margin, y, person = self._terms(X)[known], margin[known], y[known], person[known]
        weight = None if weight is None else weight[known]
        events = y if weight is None else y * np.minimum(weight, 1)
        varies = np.flatnonzero((terms < 1).any(axis=0) & (terms.T @ events >= FEWEST))
        if len(varies) and 0 < y.sum() < len(y):
            design = np.column_stack([np.ones(len(y)), margin, terms[:, varies]])
            fitted = calibration.maximise_likelihood(design, y, weight)
            error = _errors(design, y, fitted, person, weight)
            if fitted[1] > CLEAR * error[1]:
                self.size_[varies] = np.clip(_shrunk(fitted[2:], error[2:]), -MOST, MOST) / fitted[1]
        return self

    def by_column(self, X: NDArray[np.float32]) -> dict[int, Array]:
        """Log-odds added, by the column that they depend on."""
        added = self._terms(X) * self.size_
        return {self._column(name): added[:, i] for i, name in enumerate(self.names_)}

    def of(self, X: NDArray[np.float32]) -> Array:
        """Total log-odds to add to each row."""
        added: Array = self._terms(X) @ self.size_
        return added

    def _column(self, name: str) -> int:
        return (self.columns or {})[name]

    def _terms(self, X: NDArray[np.float32]) -> Array:
        """Values of the terms: 1 for the newest and youngest people, fading to 0. Days are missing for a person who
        registered on the as-of date, who is newest."""
        terms = np.zeros((len(X), len(self.names_)))
        for i, name in enumerate(self.names_):
            above = np.maximum(X[:, self._column(name)].astype(np.float64) - self.least_[i], 0)
            terms[:, i] = np.exp(-np.nan_to_num(above) / FADING[name])
        return terms


def newcomers(features: Sequence[Feature]) -> Newcomers:
    """Create a term, not yet fitted, for a matrix of these features."""
    return Newcomers({feature.name: i for i, feature in enumerate(features) if feature.name in FADING})


def _errors(
    design: Array, y: NDArray[np.int8], fitted: Array, person: NDArray[np.int32], weight: Array | None
) -> Array:
    """Standard errors of the coefficients. They are infinite if the log-odds separate everybody, so that nothing is
    left to fit."""
    try:
        return np.sqrt(np.diag(clustered_covariance(design, y, fitted, person, weight)))
    except np.linalg.LinAlgError:
        return np.full(len(fitted), np.inf)


def _shrunk(size: Array, error: Array) -> Array:
    """Shrink terms that are clearly not 0 by their own uncertainty. The others become 0."""
    kept: Array = np.where(np.abs(size) > CLEAR * error, size**3 / (size**2 + error**2), 0.0)
    return kept
