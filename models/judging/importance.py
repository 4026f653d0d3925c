"""Works out which features drive the model as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_schemas.receipts import Feature, Snapshot
from models import storage
from models.explain import contribution_matrix
from models.judging.drawn import Dependence, DependencePoint, FeatureImportance, Importance
from models.learning import sample
from models.learning.estimators import RiskModel
from models.metrics import Array

ROWS = 5_000
"""Number of people whose contributions represent everybody's."""
DEPENDENCE_ROWS = 1_000
GRID = 20
SMALL_BIN = 10
"""Bins with fewer people are not shown."""


def features_of_model(folder: str | Path) -> list[Feature]:
    """The features that a model uses, in its order."""
    return storage.describe(folder).features


def meaning(feature: Feature) -> str:
    """Name that features of one meaning share: their group, or else their subject, or else their own name."""
    return feature.group or feature.concept or feature.name


def grouped(given: Array, features: Sequence[Feature]) -> tuple[list[str], Array]:
    """Add up contributions over features of one meaning. Returns names, in order of first appearance, and an array
    (people, names)."""
    names = list(dict.fromkeys(meaning(feature) for feature in features))
    place = np.array([names.index(meaning(feature)) for feature in features])
    summed = np.zeros((len(given), len(names)))
    for column, to in enumerate(place):
        summed[:, to] += given[:, column]
    return names, summed


def drawn(snapshot: Snapshot, seed: int, rows: int = ROWS) -> NDArray[np.int32]:
    """A random sample of the people of a snapshot, in ascending order."""
    person = sample.persons(snapshot)
    if len(person) > rows:
        person = np.sort(np.random.default_rng(seed).choice(person, rows, replace=False))
    return person


def importance(folder: str | Path, snapshot: Snapshot, seed: int = 0) -> list[Importance]:
    """Mean absolute contribution (log-odds) of every meaning and of each feature in it, strongest first; of up to
    5,000 people."""
    model, features = storage.load(folder), features_of_model(folder)
    values = sample.matrix(snapshot, [f.name for f in features], drawn(snapshot, seed))
    given = contribution_matrix(model, values)
    names, summed = grouped(given, features)
    alone = np.abs(given).mean(axis=0)
    rows = [
        Importance(name, float(np.abs(summed[:, i]).mean()), _members(name, features, alone))
        for i, name in enumerate(names)
    ]
    return sorted(rows, key=lambda row: (-row.importance, row.meaning))


def _members(name: str, features: Sequence[Feature], alone: Array) -> list[FeatureImportance]:
    rows = [
        FeatureImportance(feature.name, feature.means, float(alone[i]))
        for i, feature in enumerate(features)
        if meaning(feature) == name
    ]
    return sorted(rows, key=lambda row: (-row.importance, row.feature))


def partial_dependence(folder: str | Path, snapshot: Snapshot, asked: Sequence[str], seed: int = 0) -> list[Dependence]:
    """Mean risk if everybody had a value of one feature and all else stayed the same (Friedman 2001), for each feature
    given.

    `values` are quantiles of those that occur, each with the mean `risk` and the `share` of people near it. Values near
    fewer than 10 of the (up to 1,000) people checked are left out.
    """
    model, features = storage.load(folder), features_of_model(folder)
    names = [f.name for f in features]
    values = sample.matrix(snapshot, names, drawn(snapshot, seed, DEPENDENCE_ROWS))
    columns = [names.index(name) for name in asked]
    rows = [Dependence(names[i], features[i].means, _dependence(model, values, i)) for i in columns]
    return [row for row in rows if row.values]


def _dependence(model: RiskModel, values: NDArray[np.float32], column: int) -> list[DependencePoint]:
    known = values[:, column][~np.isnan(values[:, column])]
    if not len(known):
        return []
    grid = np.unique(np.quantile(known, np.linspace(0, 1, GRID + 1), method="inverted_cdf"))
    near = np.bincount(np.abs(known[:, None] - grid[None, :]).argmin(axis=1), minlength=len(grid))
    return [
        DependencePoint(float(value), _mean_risk(model, values, column, value), float(count / len(values)))
        for value, count in zip(grid, near, strict=True)
        if count >= SMALL_BIN
    ]


def _mean_risk(model: RiskModel, values: NDArray[np.float32], column: int, value: float) -> float:
    asked = values.copy()
    asked[:, column] = value
    return float(model.predict_proba(asked)[:, 1].mean())
