"""Works out the curves of an evaluation as short tables (calibration, ROC, precision and recall, lift, decision curve),
and distances from calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from models import calibration, metrics
from models.judging import intervals
from models.judging.drawn import CalibrationBin, DecisionPoint, LiftPoint, PrecisionPoint, RiskBin, RocPoint
from models.judging.figures import Interval
from models.judging.intervals import Judged
from models.learning.terms import restricted_cubic
from models.metrics import Array

Point = TypeVar("Point")
POINTS = 200
FINE_BINS = 500
TENTHS = 10
HISTOGRAM_BINS = 40
SMALL_BIN = 10
SMOOTH_KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)
THRESHOLDS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


def calibration_table(judged: Judged, bins: int = TENTHS) -> list[CalibrationBin]:
    """Mean risk and share with the outcome in bins of equal size, lowest risk first, with a 95% Wilson interval."""
    order = np.argsort(judged.p, kind="stable")
    w = intervals.weights(judged)
    rows = []
    for part in np.array_split(order, bins):
        if len(part):
            observed = float(np.average(judged.y[part], weights=w[part]))
            low, high = wilson(observed, len(part))
            expected = float(np.average(judged.p[part], weights=w[part]))
            rows.append(CalibrationBin(len(part), expected, observed, low, high))
    return rows


def histogram(judged: Judged, bins: int = HISTOGRAM_BINS) -> list[RiskBin]:
    """People (`n`) and `events` at each risk, in bins of equal width; bins of fewer than 10 people are left out."""
    edges = np.linspace(0, float(judged.p.max(initial=0.0)), bins + 1)
    place = np.clip(np.searchsorted(edges, judged.p, side="right") - 1, 0, bins - 1)
    n = np.bincount(place, minlength=bins)
    events = np.bincount(place, judged.y, minlength=bins)
    return [
        RiskBin(float(edges[i]), float(edges[i + 1]), int(n[i]), int(events[i]))
        for i in range(bins)
        if n[i] >= SMALL_BIN
    ]


def wilson(share: float, n: float, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval of a share (Wilson 1927)."""
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float(centre - half), float(centre + half)


def calibration_distances(judged: Judged, *, replicates: int = 100, seed: int = 0) -> dict[str, Any]:
    """ICI, E50 and E90 (mean, median and 90th percentile of |risk - smoothed outcome|, Austin and Steyerberg 2019).

    The smoothed outcome is a logistic regression on a restricted cubic spline of the log-odds. Rows are first grouped
    into up to 500 bins of equal size. That changes only the fifth decimal and makes the intervals fast enough.
    """
    order = np.argsort(judged.p, kind="stable")
    starts = np.unique(np.linspace(0, len(order), min(FINE_BINS, len(order)) + 1).astype(np.intp)[:-1])
    y, p = judged.y[order].astype(np.float64), judged.p[order]

    def measure(w: Array) -> dict[str, Array]:
        sums = [np.add.reduceat(w[:, order] * part, starts, axis=1) for part in (1.0, y, p)]
        distances = np.array([_distances(*(part[row] for part in sums)) for row in range(len(w))])
        return {"ici": distances[:, 0], "e50": distances[:, 1], "e90": distances[:, 2]}

    return intervals.figures(judged, measure, replicates=replicates, seed=seed)


def _distances(n: Array, events: Array, expected: Array) -> tuple[float, float, float]:
    """ICI, E50 and E90 of bins with `n` people, `events` and the sum of their risks."""
    kept = n > 0
    n, share, risk = n[kept], events[kept] / n[kept], expected[kept] / n[kept]
    if not 0 < events.sum() < n.sum():
        return (float("nan"),) * 3
    x = metrics.logit(risk)
    knots = np.unique(np.quantile(x, SMOOTH_KNOTS))
    design = np.column_stack([np.ones(len(x)), x, restricted_cubic(x, knots)])
    smooth = metrics.expit(design @ calibration.maximise_likelihood(design, share, n))
    apart = np.abs(risk - smooth)
    order = np.argsort(apart)
    down = np.cumsum(n[order]) / n.sum()
    e50, e90 = (apart[order][np.searchsorted(down, q - 1e-12)] for q in (0.5, 0.9))
    return float(np.average(apart, weights=n)), float(e50), float(e90)


def roc(c: metrics.Curve) -> list[RocPoint]:
    """False and true positive rates from the highest risk down, at most 200 points."""
    others = c.people[0] - c.events[0]
    return _thin(RocPoint, others / max(others[-1], 1e-12), c.events[0] / max(c.events[0, -1], 1e-12))


def precision_recall(c: metrics.Curve) -> list[PrecisionPoint]:
    """Precision and recall from the highest risk down, at most 200 points."""
    return _thin(PrecisionPoint, c.events[0, 1:] / max(c.events[0, -1], 1e-12), c.events[0, 1:] / c.people[0, 1:])


def lift(c: metrics.Curve) -> list[LiftPoint]:
    """Share of all events among the share of people at highest risk."""
    return _thin(LiftPoint, c.people[0] / c.people[0, -1], c.events[0] / max(c.events[0, -1], 1e-12))


def _thin(point: Callable[[float, float], Point], across: Array, up: Array) -> list[Point]:
    at = np.unique(np.linspace(0, len(across) - 1, min(POINTS, len(across))).round().astype(np.intp))
    return [point(round(float(across[i]), 5), round(float(up[i]), 5)) for i in at]


def decision_curve(
    judged: Judged,
    rivals: Mapping[str, Array],
    thresholds: Sequence[float] = THRESHOLDS,
    *,
    replicates: int = 100,
    seed: int = 0,
) -> list[DecisionPoint]:
    """Net benefit per person of reaching everybody above a threshold, at each threshold (Vickers and Elkin 2006).

    The table has the model's net benefit with its interval, the rivals', and that of reaching everybody. Reaching
    nobody has a net benefit of 0.
    """
    chosen = np.array(thresholds)

    def measure(w: Array) -> dict[str, Array]:
        return {str(i): value for i, value in enumerate(net_benefits(judged.y, judged.p, chosen, w))}

    ours: dict[str, Interval] = intervals.figures(judged, measure, replicates=replicates, seed=seed)
    w = intervals.weights(judged)[None, :]
    others = {name: net_benefits(judged.y, p, chosen, w)[:, 0] for name, p in rivals.items()}
    everybody = net_benefits(judged.y, np.ones(len(judged)), chosen, w)[:, 0]
    return [
        DecisionPoint(
            t,
            ours[str(i)].value,
            ours[str(i)].low,
            ours[str(i)].high,
            float(everybody[i]),
            {name: float(values[i]) for name, values in others.items()},
        )
        for i, t in enumerate(thresholds)
    ]


def net_benefits(y: NDArray[Any], p: Array, thresholds: Array, w: Array) -> Array:
    """Net benefit at each threshold (rows) for each weighting (columns): true positives minus false ones at the
    threshold's odds.
    """
    chosen = (np.asarray(p)[None, :] >= thresholds[:, None]).astype(np.float64)
    odds = (thresholds / (1 - thresholds))[:, None]
    worth = chosen * np.where(np.asarray(y)[None, :] == 1, 1.0, -odds)
    benefits: Array = (worth @ w.T) / w.sum(axis=1)
    return benefits
