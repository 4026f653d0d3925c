"""Checks whether people have changed since training: the population stability of features and of the risk itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data_schemas.receipts import Snapshot
from models.judging.record import Drift, FeatureDrift
from models.learning import sample
from models.learning.sample import Sample
from models.metrics import Array
from models.storage import Bins

BINS = 10
SMALLEST_SHARE = 1e-4
"""Empty bins count as this share, so that one person in a new bin does not make the index infinite."""
ROWS = 50_000
SMALL_BIN = 10
"""A bin holds at least this many known values. With fewer, its edge would be noise and would almost reveal one person's
value."""
NEGLIGIBLE = 0.01
"""Share of the mean risk. Differences below it do not matter to anybody."""
MARKED = 0.25
"""A population stability index of this or more is a marked change; from 0.1 it is a moderate one (Siddiqi 2006)."""


def reference(values: NDArray[Any], weight: Array | None = None, step: float = 0.0) -> Bins:
    """Edges of about ten bins and the share of values in each; the last share is of missing values.

    `weight` corrects for rows that were not sampled, so that the bins represent everybody. Edges are moved up to a
    multiple of `step`.
    """
    known = ~np.isnan(values)
    edges = _tenths(values[known], None if weight is None else weight[known])
    edges = np.unique(np.ceil(edges / step) * step) if step else np.unique(edges)
    return Bins(edges.tolist(), shares(values, edges, weight).tolist())


def _tenths(known: NDArray[Any], weight: Array | None) -> Array:
    at = np.linspace(0, 1, max(min(BINS, len(known) // SMALL_BIN), 1) + 1)[1:-1]
    if not len(at):
        return np.empty(0)
    if weight is None:
        return np.asarray(np.quantile(known, at), np.float64)
    return np.asarray(np.quantile(known, at, weights=weight, method="inverted_cdf"), np.float64)


def risk_reference(risks: Array, weight: Array | None = None) -> Bins:
    """Work out the bins of the risks, with edges at hundredths of the mean risk.

    If a model separates nearly everybody, most risks are a few in a million, and tenths of them would differ between
    models of the same people.
    """
    return reference(risks, weight, NEGLIGIBLE * float(np.average(risks, weights=weight)))


def shares(values: NDArray[Any], edges: ArrayLike, weight: Array | None = None) -> Array:
    """Share of values in each bin (up to and including its upper edge), above the last edge, and missing."""
    inner = np.asarray(edges, np.float64)
    place = np.where(np.isnan(values), len(inner) + 1, np.searchsorted(inner, values, side="left"))
    counts = np.bincount(place, weight, minlength=len(inner) + 2)
    return np.asarray(counts / max(counts.sum(), 1), np.float64)


def stability_index(expected: ArrayLike, found: ArrayLike) -> float:
    """Population stability index: the sum over bins of (found - expected) ln(found / expected)."""
    e, f = (np.maximum(np.asarray(part, np.float64), SMALLEST_SHARE) for part in (expected, found))
    return float(np.sum((f - e) * np.log(f / e)))


def references(learning: Sample, seed: int) -> dict[str, Bins]:
    """Work out the bins of every feature from up to 50,000 training rows."""
    rows = np.arange(len(learning))
    if len(rows) > ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, ROWS, replace=False))
    weight = None if learning.weight is None else learning.weight[rows]
    return {feature.name: reference(learning.X[rows, i], weight) for i, feature in enumerate(learning.features)}


def table(known: Mapping[str, Bins], snapshot: Snapshot, seed: int = 0) -> list[FeatureDrift]:
    """The index of every feature of the model between training and a snapshot, most changed first."""
    person = sample.persons(snapshot)
    if len(person) > ROWS:
        person = np.sort(np.random.default_rng(seed).choice(person, ROWS, replace=False))
    values = sample.matrix(snapshot, list(known), person)
    rows = [
        FeatureDrift(name, stability_index(bins.shares, shares(values[:, i], bins.edges)))
        for i, (name, bins) in enumerate(known.items())
    ]
    return sorted(rows, key=lambda row: (-row.psi, row.feature))


def since_training(known: Mapping[str, Bins], snapshot: Snapshot, risk: float) -> Drift:
    """The table with its date and the number of features that have changed markedly; `risk` is the index of the
    risks."""
    rows = table(known, snapshot)
    return Drift(str(snapshot.as_of), sum(row.psi >= MARKED for row in rows), rows, risk)


def risk_index(bins: Bins, p: Array) -> float:
    """The stability index of the risks. It shows whether the mix of people has changed in a way that matters."""
    return stability_index(bins.shares, shares(p, bins.edges))
