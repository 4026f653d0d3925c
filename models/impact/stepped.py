"""Analyses clusters that start at different times, with cluster and period effects. The interval comes from the
possible orders of starting.

A programme's effect is the difference left after the level of each cluster and period is removed (Hussey and Hughes
2007, with fixed effects). With a handful of clusters no formula for its standard error is reliable. So the interval
comes from permuting which cluster started when (Thompson and others, Statistics in Medicine 2018). It is exact if the
order was drawn at random, whatever the correlation within clusters.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.impact.effects import Array

MOST_PERMUTATIONS = 5040
"""The number of orders of seven clusters. With more clusters, this many orders are drawn."""
ALPHA = 0.05
REACH = 10
"""The search for the interval covers this many standard deviations of the permuted effects."""


@dataclass(frozen=True)
class Stepped:
    """The effect per cluster and period, its interval, and the share of orders that would show an effect as large."""

    effect: float
    low: float
    high: float
    p_value: float
    orders: int


def exposure(starts: NDArray[np.int64], periods: int) -> Array:
    """1 where a cluster (row) has started by a period (column), else 0; a start beyond the last period means never."""
    begun: Array = (np.arange(periods)[None, :] >= starts[:, None]).astype(np.float64)
    return begun


def within(values: Array) -> Array:
    """Values less their cluster's and their period's level."""
    left: Array = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0, keepdims=True) + values.mean()
    return left


def estimate(y: Array, x: Array) -> float:
    """Estimate the effect of exposure, by least squares with cluster and period effects; `y` and `x` are (clusters,
    periods)."""
    left = within(x)
    total = float((left * left).sum())
    return float((left * y).sum() / total) if total > 0 else float("nan")


def analyse(y: Array, starts: NDArray[np.int64], seed: int = 0) -> Stepped:
    """Work out the effect and its interval. `starts` is the period in which each cluster began."""
    x = exposure(starts, y.shape[1])
    found = estimate(y, x)
    if not np.isfinite(found):
        return Stepped(found, found, found, float("nan"), 0)
    weights = permuted_weights(starts, y.shape[1], seed)
    of_y, of_x = weights @ y.ravel(), weights @ x.ravel()
    low, high = (_edge(found, way, of_y, of_x) for way in (-1.0, 1.0))
    return Stepped(found, low, high, p_value(0.0, found, of_y, of_x), len(of_y))


def permuted_weights(starts: NDArray[np.int64], periods: int, seed: int) -> Array:
    """The weight of each cluster and period in the estimate (orders, clusters by periods), had the clusters started in
    another order.
    """
    swapped = np.stack([exposure(starts[order], periods) for order in orders(len(starts), seed)])
    left = swapped - swapped.mean(axis=2, keepdims=True) - swapped.mean(axis=1, keepdims=True)
    left += swapped.mean(axis=(1, 2), keepdims=True)
    weights: Array = (left / (left * left).sum(axis=(1, 2), keepdims=True)).reshape(len(left), -1)
    return weights


def orders(clusters: int, seed: int) -> NDArray[np.int64]:
    """Every order of the clusters, or a random sample if there are too many. The real order comes first."""
    if math.factorial(clusters) <= MOST_PERMUTATIONS:
        return np.array(list(itertools.permutations(range(clusters))), dtype=np.int64)
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(clusters) for _ in range(MOST_PERMUTATIONS - 1)]
    return np.array([np.arange(clusters), *drawn], dtype=np.int64)


def p_value(effect: float, found: float, of_y: Array, of_x: Array) -> float:
    """P value of the hypothesis that the effect is this: the share of orders whose estimate is at least as far from
    it."""
    shown = np.abs(of_y - effect * of_x)
    return float(np.mean(shown >= abs(found - effect) * (1 - 1e-9)))


def _edge(found: float, way: float, of_y: Array, of_x: Array) -> float:
    """The furthest effect on one side that the orders do not rule out, by a coarse search, then halving."""
    reach = way * REACH * (float(np.std(of_y - found * of_x)) or 1e-12)
    steps = np.linspace(0, 1, 101)
    kept = [step for step in steps if p_value(found + step * reach, found, of_y, of_x) > ALPHA]
    inside, outside = max(kept), min(max(kept) + 0.01, 1.0)
    for _ in range(20):
        middle = (inside + outside) / 2
        ruled_out = p_value(found + middle * reach, found, of_y, of_x) <= ALPHA
        inside, outside = (inside, middle) if ruled_out else (middle, outside)
    return float(found + inside * reach)
