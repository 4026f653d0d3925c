"""Works out the figures of `metrics.test`: point values and person-level bootstrap intervals, all from one ranking."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models import bootstrap, calibration, metrics
from models.judging.figures import Difference, Interval, Metrics
from models.metrics import Array

Measure = Callable[[Array], dict[str, Array]]


@dataclass(frozen=True)
class Judged:
    """Outcomes and risks of person-dates. `weight` is the inverse probability of staying under observation, or None."""

    y: NDArray[np.int8]
    p: Array
    person: NDArray[np.int32]
    weight: Array | None = None

    def __len__(self) -> int:
        return len(self.y)

    def where(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Judged:
        """The same for some rows."""
        return Judged(self.y[rows], self.p[rows], self.person[rows], None if self.weight is None else self.weight[rows])

    def at(self, p: Array) -> Judged:
        """The same people and outcomes with other risks."""
        return Judged(self.y, p, self.person, self.weight)


def headline(
    judged: Judged,
    *,
    replicates: int = bootstrap.REPLICATES,
    seed: int = 0,
    tops: tuple[float, ...] = metrics.TOP_SHARES,
) -> Metrics:
    """The metrics of the contract, each with its 95% interval.

    `n` counts person-dates, `events` those with the outcome. Figures of lists are keyed by the share as text, such as
    "0.05". `ppv_at_worst`, `ppv_at_best` and the same for sensitivity are the bounds if ties at the edge of the list
    fell badly or well.
    """
    intervals = figures(judged, measures(judged, tops), replicates=replicates, seed=seed) | bounds(judged, tops)
    return Metrics(**counts(judged), **intervals)


def counts(judged: Judged) -> dict[str, Any]:
    """Person-dates, those with the outcome, and people."""
    return {"n": len(judged), "events": int(judged.y.sum()), "people": pl.Series(judged.person).n_unique()}


def bounds(judged: Judged, tops: tuple[float, ...] = metrics.TOP_SHARES) -> dict[str, dict[str, float]]:
    """Worst and best PPV and sensitivity at each share, over all orders of people whose risks tie at its edge."""
    down = metrics.one_curve(judged.y, judged.p, judged.weight)
    total, events = float(down.people[0, -1]), float(down.events[0, -1])
    limits: dict[str, dict[str, float]] = {}
    for share in tops:
        k = float(metrics.top_size(share, total))
        for name, hits in zip(("worst", "best"), metrics.tie_bounds(down, k), strict=True):
            limits.setdefault(f"ppv_at_{name}", {})[key_of(share)] = hits / k if k else math.nan
            limits.setdefault(f"sensitivity_at_{name}", {})[key_of(share)] = hits / events if events else math.nan
    return limits


def key_of(share: float) -> str:
    """A share as the key that the contract uses: 0.005, then 0.01 … 0.10."""
    return f"{share:.2f}" if share >= 0.01 else str(share)  # noqa: PLR2004 (two places from a hundredth on)


def figures(judged: Judged, measure: Measure, *, replicates: int, seed: int) -> dict[str, Any]:
    """Work out each metric of `measure` as an `Interval`. `ppv_at:0.05` becomes `ppv_at["0.05"]`."""
    point = measure(weights(judged)[None, :])
    return assembled(
        point, bootstrap.replicate(judged.person, measure, weight=judged.weight, replicates=replicates, seed=seed)
    )


def assembled(point: Mapping[str, Array], spread: Mapping[str, Array]) -> dict[str, Any]:
    """Put together the intervals of each metric, from its value over all rows and its replicates."""
    intervals: dict[str, Any] = {}
    for name, value in point.items():
        metric, _, share = name.partition(":")
        of = intervals.setdefault(metric, {}) if share else intervals
        of[share or metric] = Interval(float(value[0]), *bootstrap.interval(spread[name]))
    return intervals


def weights(judged: Judged) -> Array:
    """Weights of the rows, one each where none are given."""
    return np.ones(len(judged)) if judged.weight is None else judged.weight


def measures(judged: Judged, tops: tuple[float, ...] = metrics.TOP_SHARES) -> Measure:
    """Make the function that turns weights (b, n) into every headline metric (b,)."""
    ranked = metrics.rank(judged.y, judged.p)
    linear = calibration_measures(judged)

    def measure(w: Array) -> dict[str, Array]:
        down = metrics.curve(ranked, w)
        values = {"auroc": metrics.curve_auroc(down), "average_precision": metrics.curve_average_precision(down)}
        values |= linear(w)
        for share in tops:
            values |= _at(down, share)
        return values

    return measure


def _at(down: metrics.Curve, share: float) -> dict[str, Array]:
    total, events = down.people[:, -1], down.events[:, -1]
    k = metrics.top_size(share, total)
    events_found = metrics.curve_events_in_top(down, k)
    with np.errstate(divide="ignore", invalid="ignore"):
        ppv, sensitivity = events_found / k, events_found / events
        key = key_of(share)
        return {
            f"ppv_at:{key}": ppv,
            f"sensitivity_at:{key}": sensitivity,
            f"lift_at:{key}": ppv * total / events,
            f"number_needed_at:{key}": 1 / ppv,
        }


def calibration_measures(judged: Judged) -> Measure:
    """Make the function for Brier, observed/expected, and the slope and intercept of the calibration line."""
    y, p = judged.y.astype(np.float64), judged.p
    totals = np.column_stack([np.ones(len(y)), y, p, (p - y) ** 2])
    line = newton_step(judged)

    def measure(w: Array) -> dict[str, Array]:
        n, events, expected, squares = (w @ totals).T
        slope, intercept = line(w)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = events / n
            return {
                "brier": squares / n,
                "scaled_brier": 1 - squares / n / (rate * (1 - rate)),
                "calibration_slope": slope,
                "calibration_intercept": intercept,
                "observed_expected": events / expected,
                "prevalence": rate,
            }

    return measure


def newton_step(judged: Judged) -> Callable[[Array], tuple[Array, Array]]:
    """Calibration slope, and intercept with the slope fixed at 1, for every weighting (b, n): one Newton step from the
    fit of all rows.

    A replicate's estimate is near that of the whole sample. From there, one step of Newton's method for a logistic
    likelihood, information^-1 @ score, is nearly exact (the one-step estimate of Le Cam; van der Vaart 1998, Asymptotic
    Statistics, section 5.7). Score and information are sums over rows, so all replicates need one matrix product
    instead of a fit each.
    """
    y, log_odds, w = judged.y.astype(np.float64), metrics.logit(judged.p), weights(judged)
    intercept, slope = calibration.calibration_line(y, judged.p, w)
    shift = calibration.calibration_intercept(y, judged.p, w)
    on_line, shifted = metrics.expit(intercept + slope * log_odds), metrics.expit(shift + log_odds)
    variance, shifted_variance = on_line * (1 - on_line), shifted * (1 - shifted)
    score = [y - on_line, (y - on_line) * log_odds]
    information = [variance, variance * log_odds, variance * log_odds**2]
    sums = np.column_stack([*score, *information, y - shifted, shifted_variance])

    def step(w: Array) -> tuple[Array, Array]:
        (score_intercept, score_slope, of_intercept, of_both, of_slope, score_shift, of_shift) = (w @ sums).T
        with np.errstate(divide="ignore", invalid="ignore"):
            determinant = of_intercept * of_slope - of_both**2
            slope_step = (of_intercept * score_slope - of_both * score_intercept) / determinant
            return slope + slope_step, shift + score_shift / of_shift

    return step


def difference(
    a: Judged,
    b: Judged,
    *,
    replicates: int = bootstrap.REPLICATES,
    seed: int = 0,
    measured: Callable[[Judged], Measure] = measures,
) -> dict[str, Difference]:
    """Paired differences `a - b` of two sets of risks for the same rows, each metric with its 95% interval (by
    person)."""
    first, second = measured(a), measured(b)

    def measure(w: Array) -> dict[str, Array]:
        left, right = first(w), second(w)
        with np.errstate(invalid="ignore"):  # number needed is infinite if nobody is found
            return {name: left[name] - right[name] for name in left}

    point = measure(weights(a)[None, :])
    spread = bootstrap.replicate(a.person, measure, weight=a.weight, replicates=replicates, seed=seed)
    return {name: Difference(float(value[0]), *bootstrap.interval(spread[name])) for name, value in point.items()}
