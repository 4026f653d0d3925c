"""Works out intervals by resampling people. All rows of a person are drawn together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.metrics import Array

REPLICATES = 500
LARGE_ROWS = 20_000
FEW = 80
"""Number of replicates when there are more than `LARGE_ROWS` rows. Figures based on that many rows usually have a
normal distribution, and a normal interval from 80 replicates is as exact as the 2.5% and 97.5% quantiles of 200: its
ends are known to a tenth of its half-width. With few events they do not, so no end is outside what the replicates
gave."""
LEVEL = 0.95
THREADS = 2
CELLS = 400_000
"""Replicates are drawn in blocks of about this many weights (3 MB). Blocks of 16 MB are a tenth faster, but an
evaluation of 250,000 people then holds 0.2 GB more."""


def blocks(people: int, rows: int, replicates: int) -> Iterator[range]:
    """Split the replicates into blocks that are worked out together."""
    at_once = max(1, CELLS // max(people, rows, 1))
    return (range(start, min(start + at_once, replicates)) for start in range(0, replicates, at_once))


def draws(people: int, numbers: range, seed: int) -> Array:
    """Draw people with replacement: how often each person was drawn in each replicate, shape (b, people). Each
    replicate has its own random numbers."""
    from models.loops import tally

    counts = np.zeros((len(numbers), people))
    for row, number in zip(counts, numbers, strict=True):
        tally(np.random.default_rng([seed, number]).integers(0, people, people, dtype=np.int32), row)
    return counts


def replicate(
    person: ArrayLike,
    measure: Callable[[Array], dict[str, Array]],
    *,
    weight: NDArray[np.float64] | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[str, Array]:
    """Work out each metric in every replicate; `measure` turns weights (b, n) into arrays (b,).

    If there are many rows, it uses `FEW` replicates, whatever number is requested.
    """
    people, codes = np.unique(np.asarray(person), return_inverse=True)
    in_order = bool((codes[1:] > codes[:-1]).all())

    def one(numbers: range) -> dict[str, Array]:
        drawn = draws(len(people), numbers, seed)
        rows = drawn if in_order else np.take(drawn, codes, axis=1)
        return measure(rows if weight is None else rows * weight)

    times = min(replicates, FEW) if len(codes) > LARGE_ROWS else replicates
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(one, blocks(len(people), len(codes), times)))
    return {name: np.concatenate([block[name] for block in found]) for name in found[0]}


def interval(values: Array, level: float = LEVEL) -> tuple[float, float]:
    """Percentile interval, or a normal one if there are few replicates. Leaves out replicates in which the metric does
    not exist. NaN if it exists in none."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    if len(values) <= FEW:
        half = NormalDist().inv_cdf((1 + level) / 2) * float(np.std(known, ddof=min(1, len(known) - 1)))
        mean, least, greatest = float(np.mean(known)), float(known.min()), float(known.max())
        return max(mean - half, least), min(mean + half, greatest)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
