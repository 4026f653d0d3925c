"""Checks whether people offered a programme and the people compared with them were similar before it began."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.impact.effects import Array

LIMIT = 0.1
"""A standardised difference above this is reported (Austin, Statistics in Medicine 2009)."""


@dataclass(frozen=True)
class Balance:
    """Standardised differences in one covariate, known before the start, before and after matching or weighting."""

    name: str
    before: float
    after: float


def standardised_difference(offered: Array, control: Array, weight: Array | None = None) -> float:
    """Difference of means over the pooled standard deviation. Only controls have a `weight`."""
    w = np.ones(len(control)) if weight is None else weight
    if not len(offered) or not w.sum() > 0:
        return float("nan")
    mean = float(np.average(control, weights=w))
    spread = np.sqrt((np.var(offered) + np.average((control - mean) ** 2, weights=w)) / 2)
    return float((np.mean(offered) - mean) / spread) if spread > 0 else 0.0


def largest(found: list[Balance]) -> float:
    """The largest remaining difference, in either direction."""
    return max((abs(one.after) for one in found if np.isfinite(one.after)), default=float("nan"))
