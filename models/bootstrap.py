"""Intervals by resampling people: all rows of a person come or stay away together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.metrics import Array

REPLICATES = 500
"""In a site of ordinary size."""
LARGE_ROWS = 20_000
LARGE_REPLICATES = 200
"""With many rows intervals are narrow, and fewer replicates place their ends well enough."""
LEVEL = 0.95
CELLS = 4_000_000
"""Replicates are drawn in blocks of about this many weights, so that memory stays bounded."""


def replicates_for(rows: int) -> int:
    """How many replicates so many rows are worth."""
    return REPLICATES if rows <= LARGE_ROWS else LARGE_REPLICATES


def draws(person: ArrayLike, replicates: int, seed: int) -> Iterator[Array]:
    """Blocks (b, n) of how often each row's person was drawn, with replacement, among the distinct people."""
    people, codes = np.unique(np.asarray(person), return_inverse=True)
    rng = np.random.default_rng(seed)
    block = max(1, CELLS // max(len(codes), 1))
    for start in range(0, replicates, block):
        rows = min(block, replicates - start)
        counts = np.stack([_counts(rng, len(people)) for _ in range(rows)])
        yield counts[:, codes]


def _counts(rng: np.random.Generator, people: int) -> Array:
    return np.bincount(rng.integers(0, people, people), minlength=people).astype(np.float64)


def replicate(
    person: ArrayLike,
    measure: Callable[[Array], dict[str, Array]],
    *,
    weight: NDArray[np.float64] | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[str, Array]:
    """Every replicate's value of each metric; `measure` turns weights (b, n) into arrays (b,)."""
    blocks = [measure(block if weight is None else block * weight) for block in draws(person, replicates, seed)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def interval(values: Array, level: float = LEVEL) -> tuple[float, float]:
    """Percentile interval, leaving out replicates in which the metric does not exist; NaN where it never does."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
