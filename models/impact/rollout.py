"""Plans a roll-out that can be evaluated: draws a balanced order, and works out which effects it could show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.impact.effects import Array
from models.impact.stepped import exposure, permuted_weights, within

ORDERS = 1000
"""Number of orders drawn. One of the most balanced tenth is chosen at random."""
ALPHA = 0.05
TIMES = 4000
"""Number of simulated roll-outs. This gives the power to within one or two percentage points."""
BLOCK = 500


@dataclass(frozen=True)
class Past:
    """Rates by cluster and month in a site's past data, shape (clusters, months)."""

    rates: Array
    people: Array
    """People in each cluster."""

    @property
    def level(self) -> float:
        return float(self.rates.mean())

    @property
    def error(self) -> float:
        """Standard deviation of cluster-months, after the level of each cluster and month is removed."""
        clusters, months = self.rates.shape
        left = (clusters - 1) * (months - 1)
        return float(np.sqrt((within(self.rates) ** 2).sum() / left)) if left > 0 else float("nan")

    @property
    def intra_cluster_correlation(self) -> float:
        """Share of the variance of cluster-months that is between clusters (one-way analysis of variance)."""
        clusters, months = self.rates.shape
        about = self.rates - self.rates.mean(axis=0)
        means = about.mean(axis=1)
        inner = float(((about - means[:, None]) ** 2).sum() / (clusters * (months - 1)))
        outer = float(months * (means**2).sum() / (clusters - 1))
        between = max((outer - inner) / months, 0.0)
        return between / (between + inner) if between + inner > 0 else 0.0


def draw_order(sizes: Array, rates: Array, steps: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Draw a step for each cluster, from the most balanced tenth of random orders.

    In a balanced order, the step is hardly related to the cluster's size and earlier rate. `steps` holds the step of
    each place in the order.
    """
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(steps) for _ in range(ORDERS)]
    score = [abs(_correlation(order, sizes)) + abs(_correlation(order, rates)) for order in drawn]
    best = np.argsort(score, kind="stable")[: ORDERS // 10]
    return drawn[int(rng.choice(best))]


def _correlation(a: NDArray[np.int64], b: Array) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if np.std(a) > 0 and np.std(b) > 0 else 0.0


def spread_of_steps(clusters: int, steps: int) -> NDArray[np.int64]:
    """Spread the clusters over steps 1 to `steps` as evenly as possible."""
    return np.sort(np.arange(clusters) % steps) + 1


def stepped_power(
    starts: NDArray[np.int64], periods: int, effect: float, error: float, *, times: int = TIMES, seed: int = 0
) -> float:
    """The chance that a stepped roll-out shows an effect of this size per cluster and period.

    It simulates cluster-months and analyses each as `stepped.analyse` does. With a handful of clusters, formulas that
    assume a normal distribution give a power several percentage points too high.
    """
    if not error > 0:
        return float("nan")
    rng, weights = np.random.default_rng(seed), permuted_weights(starts, periods, seed)
    x = exposure(starts, periods).ravel()
    shown = 0
    for block in range(0, times, BLOCK):
        y = rng.normal(0, error, (x.size, min(BLOCK, times - block))) + effect * x[:, None]
        estimates = np.abs(weights @ y)
        own = estimates[0] * (1 - 1e-9)
        shown += int((np.mean(estimates >= own, axis=0) <= ALPHA).sum())
    return shown / times


def parallel_power(clusters: int, periods: int, effect: float, error: float, before: int, seed: int = 0) -> float:
    """The same chance if half of the clusters start together after `before` periods."""
    starts = np.where(np.arange(clusters) < clusters // 2, before, periods)
    return stepped_power(starts.astype(np.int64), periods, effect, error, seed=seed)


def lottery_power(people: int, risk: float, effect: float) -> float:
    """The chance that a lottery among this many people, half of them offered, shows a difference in risk."""
    other = risk + effect
    error = np.sqrt(2 / people * (risk * (1 - risk) + other * (1 - other)))
    return _power(effect / error, max(people - 2, 1))


def _power(shift: float, freedom: int) -> float:
    edge = float(stats.t.ppf(1 - ALPHA / 2, freedom))
    return float(1 - stats.nct.cdf(edge, freedom, abs(shift)) + stats.nct.cdf(-edge, freedom, abs(shift)))
