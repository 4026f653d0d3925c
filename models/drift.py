"""Whether people have changed since training: population stability of features and of the risk itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data_schemas.receipts import Snapshot
from models import sample
from models.metrics import Array
from models.sample import Sample

BINS = 10
SMALLEST_SHARE = 1e-4
"""Empty bins count as this share, so that one person in a new bin is no infinity."""
ROWS = 50_000
MARKED = 0.25
"""A population stability index from here on is a marked change, from 0.1 a moderate one (Siddiqi 2006)."""


def reference(values: NDArray[Any]) -> dict[str, list[float]]:
    """Edges of about ten bins and the share of values in each; the last share is of missing values."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])).tolist() if len(known) else []
    return {"edges": edges, "shares": shares(values, edges).tolist()}


def shares(values: NDArray[Any], edges: Sequence[float]) -> Array:
    """Share of values at or below each edge and above the one before, above the last, and missing."""
    missing = np.isnan(values)
    counts = np.bincount(np.searchsorted(np.asarray(edges), values[~missing], side="left"), minlength=len(edges) + 1)
    found: Array = np.append(counts, missing.sum()) / max(len(values), 1)
    return found


def stability_index(expected: ArrayLike, found: ArrayLike) -> float:
    """Population stability index: the sum over bins of (found - expected) ln(found / expected)."""
    e, f = (np.maximum(np.asarray(part, np.float64), SMALLEST_SHARE) for part in (expected, found))
    return float(np.sum((f - e) * np.log(f / e)))


def references(learning: Sample, seed: int) -> dict[str, dict[str, list[float]]]:
    """The bins of every feature among (at most 50,000 of) the rows that were learnt from."""
    rows = np.arange(len(learning))
    if len(rows) > ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, ROWS, replace=False))
    return {feature.name: reference(learning.X[rows, i]) for i, feature in enumerate(learning.features)}


def table(known: Mapping[str, Mapping[str, Any]], snapshot: Snapshot, seed: int = 0) -> list[dict[str, Any]]:
    """The index of every feature of the model between training and a snapshot, most changed first."""
    person = sample.cohort(snapshot)["person"].to_numpy().astype(np.int32)
    if len(person) > ROWS:
        person = np.sort(np.random.default_rng(seed).choice(person, ROWS, replace=False))
    values = sample.matrix(snapshot, list(known), person)
    rows = []
    for i, (name, bins) in enumerate(known.items()):
        rows.append({"feature": name, "psi": stability_index(bins["shares"], shares(values[:, i], bins["edges"]))})
    return sorted(rows, key=lambda row: (-row["psi"], row["feature"]))


def since_training(known: Mapping[str, Mapping[str, Any]], snapshot: Snapshot) -> dict[str, Any]:
    """The table with its date and the number of features that have changed markedly."""
    rows = table(known, snapshot)
    return {"as_of": str(snapshot.as_of), "marked": sum(row["psi"] >= MARKED for row in rows), "features": rows}


def risk_index(bins: Mapping[str, Any], p: Array) -> float:
    """The index of the risks themselves: whether the mix of people has changed in a way that matters."""
    return stability_index(bins["shares"], shares(p, bins["edges"]))
