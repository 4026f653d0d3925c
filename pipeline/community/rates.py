"""Works out rates with limits by OHID's methods: Byar, Wilson, Dobson, indirect standardisation, slope index of
inequality.

Source: OHID, "Public health technical guidance", and its R package PHEindicatormethods. The tests reproduce the
package's test data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FEWEST = 10
"""Below this number of events OHID gives no directly standardised rate, and uses exact limits for an indirectly
standardised one.
"""
EUROPEAN_2013 = (
    5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000,
)  # fmt: skip
"""European Standard Population 2013 (Eurostat) by five-year age band, from 0 to 4 up to 90 and over."""
DRAWS = 10_000
"""Number of simulated sets of rates for the interval of an inequality index."""

Numbers = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Inequality:
    """How a rate changes from the most to the least deprived end of a population."""

    slope: Rate
    """Slope index: the rate at the least deprived end minus that at the most deprived end."""
    relative: Rate
    """Relative index: the least deprived end divided by the most deprived end."""


def byar(count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Byar's limits of a count of events. A `count` of 0 has the lower limit 0."""
    z = stats.norm.ppf((1 + confidence) / 2)
    more = count + 1
    low = count * (1 - 1 / (9 * count) - z / (3 * count**0.5)) ** 3 if count else 0.0
    return float(low), float(more * (1 - 1 / (9 * more) + z / (3 * more**0.5)) ** 3)


def exact(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact Poisson limits of a count of events, from the chi-squared distribution."""
    tail = (1 - confidence) / 2
    low = stats.chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    return float(low), float(stats.chi2.ppf(1 - tail, 2 * count + 2) / 2)


def proportion(count: int, people: int, confidence: float = 0.95) -> Rate:
    """A proportion (0 to 1) with Wilson's interval; `people` must be above 0."""
    z = stats.norm.ppf((1 + confidence) / 2)
    share = count / people
    middle, spread = 2 * count + z**2, z * (z**2 + 4 * count * (1 - share)) ** 0.5
    return Rate(
        share, float((middle - spread) / (2 * (people + z**2))), float((middle + spread) / (2 * (people + z**2)))
    )


def limits(count: float, squares: float | None = None) -> tuple[float, float]:
    """Byar's limits of a count; exact limits below ten events.

    If one person may have several events, `squares` is the sum over people of their squared number of events. The
    limits are then wider to allow for it.
    """
    low, high = byar(count) if count >= FEWEST else exact(int(count))
    wider = 1.0 if squares is None or not count else max(1.0, squares / count) ** 0.5
    return max(0.0, count + wider * (low - count)), count + wider * (high - count)


def crude(count: float, people: float, squares: float | None = None, per: float = 100_000) -> Rate:
    """Events per `per` people, with the limits of `limits`."""
    low, high = limits(count, squares)
    return Rate(per * count / people, per * low / people, per * high / people)


def direct(
    counts: Numbers,
    people: Numbers,
    *,
    squares: Numbers | None = None,
    weights: Numbers = EUROPEAN_2013,
    per: float = 100_000,
) -> Rate | None:
    """A directly standardised rate with Dobson's limits. None below ten events or if an age band is empty.

    `counts` and `people` are by age band, like `weights`. If one person may have several events, `squares` is the sum
    over people of their squared number of events in each band. The interval then allows for events that are not
    independent.
    """
    events, at_risk, weight = (np.asarray(numbers, dtype=float) for numbers in (counts, people, weights))
    total = events.sum()
    if total < FEWEST or (at_risk <= 0).any():
        return None
    value = float((weight * events / at_risk).sum() / weight.sum())
    spread = events if squares is None else np.asarray(squares, dtype=float)
    variance = float((weight**2 * spread / at_risk**2).sum() / weight.sum() ** 2)
    low, high = byar(float(total))
    # Dobson: Byar's limits of the total count, scaled to the variance of the weighted rate.
    scale = (variance / float(total)) ** 0.5
    return Rate(
        per * value, per * (value + scale * (low - float(total))), per * (value + scale * (high - float(total)))
    )


def indirect(observed: float, people: Numbers, reference: Numbers, squares: float | None = None) -> Rate | None:
    """Observed events divided by those expected at the `reference` rates (per person), with the limits of `limits`.

    None if nothing is expected.
    """
    expected = float((np.asarray(people, dtype=float) * np.asarray(reference, dtype=float)).sum())
    if expected <= 0:
        return None
    low, high = limits(observed, squares)
    return Rate(observed / expected, low / expected, high / expected)


def funnel(expected: float, confidence: float = 0.998) -> tuple[float, float]:
    """Limits of observed divided by expected if only chance is at work, as in a funnel plot."""
    tail = (1 - confidence) / 2
    low, high = (float(stats.poisson.ppf(p, expected)) / expected for p in (tail, 1 - tail))
    return low, high


def inequality(rates: Sequence[Rate], people: Numbers, seed: int = 0) -> Inequality | None:
    """Slope and relative index of inequality for rates ordered from the most to the least deprived group.

    Rates are weighted by people and plotted at the middle of each group's range in the whole population. The interval
    comes from simulated rates: normal on the log scale, with the standard error implied by each rate's limits. None
    below five groups or if a rate is 0.
    """
    if len(rates) < 5 or any(rate.low <= 0 for rate in rates):  # noqa: PLR2004 - OHID gives no index below five groups
        return None
    share = np.asarray(people, dtype=float) / np.sum(people)
    rank = np.cumsum(share) - share / 2
    values = np.array([rate.value for rate in rates])
    errors = np.array([np.log(rate.high / rate.low) for rate in rates]) / (2 * stats.norm.ppf(0.975))
    drawn = values * np.exp(np.random.default_rng(seed).normal(0, errors, (DRAWS, len(rates))))
    slopes, ratios = _slopes(drawn, rank, share)
    slope, ratio = (float(simulated[0]) for simulated in _slopes(values[None, :], rank, share))
    return Inequality(_with_limits(slope, slopes), _with_limits(ratio, ratios))


def _slopes(
    values: NDArray[np.float64], rank: NDArray[np.float64], share: NDArray[np.float64]
) -> tuple[Numbers, Numbers]:
    """Slope, and fitted value at the far end divided by that at the near end, for each row by weighted
    least squares.
    """
    middle = rank - (share * rank).sum()
    slope = values @ (share * middle) / (share * middle**2).sum()
    start = values @ share - slope * (share * rank).sum()
    return slope, (start + slope) / start


def _with_limits(value: float, drawn: Numbers) -> Rate:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Rate(value, float(low), float(high))
