"""Works out intervals that stay valid however often you check the data: an asymptotic confidence sequence.

Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, Time-uniform central limit theory and asymptotic confidence sequences,
Annals of Statistics 2024. After t people it is the mean plus or minus this number of standard deviations: sqrt(2 (t r^2
+ 1) / (t r)^2 log(sqrt(t r^2 + 1) / alpha)), where r sets the t at which the sequence is narrowest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.impact.effects import Array

ALPHA = 0.05


@dataclass(frozen=True)
class Look:
    """The mean after a number of people, with an interval that is valid at any time."""

    people: int
    difference: float
    low: float
    high: float


def tightest_at(people: float, alpha: float = ALPHA) -> float:
    """The r with which the sequence is narrowest after this many people (equation 24 of the paper)."""
    about = -2 * np.log(alpha) + np.log(-2 * np.log(alpha)) + 1
    return float(np.sqrt(about / people))


def half_width(people: float, r: float, alpha: float = ALPHA) -> float:
    """Half the width of the interval after this many people, in standard deviations."""
    grown = people * r**2 + 1
    return float(np.sqrt(2 * grown / (people * r) ** 2 * np.log(np.sqrt(grown) / alpha)))


def scores(y: Array, offered: NDArray[np.bool_], probability: Array, expected: Array) -> Array:
    """One unbiased estimate of the effect per person: the outcome minus what was expected beforehand, weighted by the
    probability of the draw."""
    return np.asarray((y - expected) * np.where(offered, 1 / probability, -1 / (1 - probability)), dtype=np.float64)


def looks(found: Array, batch: NDArray[np.int64], planned: int, alpha: float = ALPHA) -> list[Look]:
    """Work out the interval after each batch (month) of `scores`, in order. `planned` is the total number of people
    expected."""
    r = tightest_at(max(planned / 2, 1), alpha)
    seen = [found[: int(np.searchsorted(batch, one, side="right"))] for one in np.unique(batch)]
    return [_look(some, r, alpha) for some in seen if len(some) > 1]


def _look(found: Array, r: float, alpha: float) -> Look:
    mean = float(found.mean())
    spread = float(found.std(ddof=1)) * half_width(len(found), r, alpha)
    return Look(len(found), mean, mean - spread, mean + spread)


def expected_before(y: Array, batch: NDArray[np.int64], first: float) -> Array:
    """Expected outcome before each batch: the mean of all earlier batches, or `first` for the first batch."""
    expected = np.full(len(y), first)
    for one in np.unique(batch)[1:]:
        start, end = np.searchsorted(batch, [one, one + 1])
        expected[start:end] = y[:start].mean()
    return expected
