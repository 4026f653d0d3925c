"""The figures of `metrics.test`: point values and person-level bootstrap intervals, all from one ranking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.judging import bootstrap, metrics
from models.judging.metrics import Array

Measure = Callable[[Array], dict[str, Array]]


@dataclass(frozen=True)
class Judged:
    """Outcomes and risks of person-dates; `weight` is the inverse probability of staying in sight, or None."""

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
) -> dict[str, Any]:
    """The metrics of the contract, each with its 95% interval (`<name>_low`, `<name>_high`).

    `n` counts person-dates, `events` those with the outcome. Top-k figures are keyed by the share as text, e.g. "0.05". A metric that
    does not exist (no events, say) is None. `ppv_at_worst`, `ppv_at_best` and the same of sensitivity are the bounds if ties at the edge
    fell badly or well.
    """
    counts = {"n": len(judged), "events": int(judged.y.sum()), "people": len(np.unique(judged.person))}
    return counts | figures(judged, measures(judged, tops), replicates=replicates, seed=seed) | bounds(judged, tops)


def bounds(judged: Judged, tops: tuple[float, ...] = metrics.TOP_SHARES) -> dict[str, dict[str, float | None]]:
    """Worst and best PPV and sensitivity at each share, over the ways of ordering those whose risks tie at its edge."""
    down = metrics.one_curve(judged.y, judged.p, judged.weight)
    total, events = float(down.people[0, -1]), float(down.events[0, -1])
    found: dict[str, dict[str, float | None]] = {}
    for share in tops:
        k = float(metrics.top_size(share, total))
        for name, hits in zip(("worst", "best"), metrics.tie_bounds(down, k), strict=True):
            found.setdefault(f"ppv_at_{name}", {})[key_of(share)] = hits / k if k else None
            found.setdefault(f"sensitivity_at_{name}", {})[key_of(share)] = hits / events if events else None
    return found


def key_of(share: float) -> str:
    """0.005, then 0.01 … 0.10, as the contract writes them."""
    return f"{share:.2f}" if share >= 0.01 else str(share)  # noqa: PLR2004 (two places from a hundredth on)


def figures(judged: Judged, measure: Measure, *, replicates: int, seed: int) -> dict[str, Any]:
    """Each metric that `measure` gives, with its 95% interval."""
    point = measure(weights(judged)[None, :])
    spread = bootstrap.replicate(judged.person, measure, weight=judged.weight, replicates=replicates, seed=seed)
    found: dict[str, Any] = {}
    for name, value in point.items():
        low, high = bootstrap.interval(spread[name])
        _put(found, name, float(value[0]), low, high)
    return found


def _put(found: dict[str, Any], name: str, value: float, low: float, high: float) -> None:
    """`ppv_at:0.05` goes to `ppv_at["0.05"]`, anything else to its own name."""
    metric, _, share = name.partition(":")
    for suffix, number in (("", value), ("_low", low), ("_high", high)):
        shown = number if np.isfinite(number) else None
        if share:
            found.setdefault(metric + suffix, {})[share] = shown
        else:
            found[metric + suffix] = shown


def weights(judged: Judged) -> Array:
    """Weights of the rows, one each where none are given."""
    return np.ones(len(judged)) if judged.weight is None else judged.weight


def measures(judged: Judged, tops: tuple[float, ...] = metrics.TOP_SHARES) -> Measure:
    """A function from weights (b, n) to every headline metric (b,)."""
    ranked = metrics.rank(judged.y, judged.p)
    linear = calibration_measures(judged)

    def measure(w: Array) -> dict[str, Array]:
        down = metrics.curve(ranked, w)
        found = {"auroc": metrics.curve_auroc(down), "average_precision": metrics.curve_average_precision(down)}
        found |= linear(w)
        for share in tops:
            found |= _at(down, share)
        return found

    return measure


def _at(down: metrics.Curve, share: float) -> dict[str, Array]:
    total, events = down.people[:, -1], down.events[:, -1]
    k = metrics.top_size(share, total)
    found = metrics.curve_events_in_top(down, k)
    with np.errstate(divide="ignore", invalid="ignore"):
        ppv, sensitivity = found / k, found / events
        key = key_of(share)
        return {
            f"ppv_at:{key}": ppv,
            f"sensitivity_at:{key}": sensitivity,
            f"lift_at:{key}": ppv * total / events,
            f"number_needed_at:{key}": 1 / ppv,
        }


def calibration_measures(judged: Judged) -> Measure:
    """Brier, observed/expected and the calibration line, whose replicates take one Newton step from the whole sample's fit."""
    y, p = judged.y.astype(np.float64), judged.p
    w = weights(judged)
    x = metrics.logit(p)
    intercept, slope = metrics.calibration_line(y, p, w)
    shift = metrics.calibration_intercept(y, p, w)
    line, moved = metrics.expit(intercept + slope * x), metrics.expit(shift + x)
    spread, moved_spread = line * (1 - line), moved * (1 - moved)
    terms = np.column_stack(
        [
            np.ones(len(y)),
            y,
            p,
            (p - y) ** 2,
            y - line,
            (y - line) * x,
            spread,
            spread * x,
            spread * x * x,
            y - moved,
            moved_spread,
        ]
    )

    def measure(w: Array) -> dict[str, Array]:
        n, events, expected, squares, g0, g1, i00, i01, i11, g, i = (w @ terms).T
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = events / n
            return {
                "brier": squares / n,
                "scaled_brier": 1 - squares / n / (rate * (1 - rate)),
                "calibration_slope": slope + (i00 * g1 - i01 * g0) / (i00 * i11 - i01 * i01),
                "calibration_intercept": shift + g / i,
                "observed_expected": events / expected,
                "prevalence": rate,
            }

    return measure


def difference(
    a: Judged,
    b: Judged,
    *,
    replicates: int = bootstrap.REPLICATES,
    seed: int = 0,
    measured: Callable[[Judged], Measure] = measures,
) -> dict[str, dict[str, float]]:
    """Paired differences `a - b` of two sets of risks for the same rows: each metric's value, low and high (95%, by person)."""
    first, second = measured(a), measured(b)

    def measure(w: Array) -> dict[str, Array]:
        left, right = first(w), second(w)
        with np.errstate(invalid="ignore"):  # number needed is infinite where nobody is found
            return {name: left[name] - right[name] for name in left}

    point = measure(weights(a)[None, :])
    spread = bootstrap.replicate(a.person, measure, weight=a.weight, replicates=replicates, seed=seed)
    found = {}
    for name, value in point.items():
        low, high = bootstrap.interval(spread[name])
        found[name] = {"difference": float(value[0]), "low": low, "high": high}
    return found
