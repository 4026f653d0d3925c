"""Measures how good a set of risks is, with pure functions of outcomes, risks and weights.

Every function takes `y` (0 or 1), `p` (risk, 0 to 1) and, where its signature has it, weights `w` of shape (n,) or (b,
n). With (b, n) each row is one bootstrap replicate and the result has shape (b,). People whose risks tie share their
rank: a top-k count uses the expected number of events among them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

TOP_SHARES = (0.005, 0.01, 0.02, 0.05, 0.10)
SMALLEST = 1e-9
"""Risks are kept this far from 0 and 1 before logarithms are taken."""


@dataclass(frozen=True)
class Ranked:
    """Rows from the highest risk down (`order`), which are events, and at which the curve of events over people
    bends.

    It bends at the last row of each run of equal risks with an event in it, of the run before it, and of all rows.
    Between them the curve is straight, so the other rows are not needed.
    """

    order: NDArray[np.intp]
    event: NDArray[np.bool_]
    bend: NDArray[np.bool_]


def rank(y: ArrayLike, p: ArrayLike) -> Ranked:
    """Sort rows by risk once, so that figures for any number of weightings need no further sorting."""
    risks = np.asarray(p, dtype=np.float64)
    order = np.argsort(-risks, kind="stable")
    ordered, event = risks[order], np.asarray(y)[order] > 0
    ends = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True]) if len(ordered) else np.empty(0, np.intp)
    eventful = np.diff(np.cumsum(event)[ends], prepend=0) > 0
    bend = np.zeros(len(order), bool)
    bend[ends[eventful | np.r_[eventful[1:], True][: len(ends)]]] = True
    return Ranked(order, event, bend)


@dataclass(frozen=True)
class Curve:
    """Weight and weighted events down to each bend, from nobody (0) to everybody; shape (b, bends + 1)."""

    people: Array
    events: Array


def curve(ranked: Ranked, w: Array) -> Curve:
    """Cumulative people and events from the top; `w` is in the order of the rows, shape (b, n)."""
    from models.loops import descend

    people = np.empty((len(w), int(ranked.bend.sum()) + 1))
    events = np.empty_like(people)
    descend(ranked.order, ranked.event, ranked.bend, np.ascontiguousarray(w, np.float64), people, events)
    return Curve(people, events)


def curve_auroc(c: Curve) -> Array:
    """Area under the ROC curve: the chance that someone with the event ranks above someone without. Ties count one
    half.
    """
    others = c.people - c.events
    area = np.sum(np.diff(others, axis=1) * (c.events[:, 1:] + c.events[:, :-1]) / 2, axis=1)
    return _ratio(area, c.events[:, -1] * others[:, -1])


def curve_average_precision(c: Curve) -> Array:
    """Mean precision over the events, highest risk first (no interpolation)."""
    precision = _ratio(c.events[:, 1:], c.people[:, 1:])
    return _ratio(np.nansum(np.diff(c.events, axis=1) * precision, axis=1), c.events[:, -1])


def curve_events_in_top(c: Curve, people: Array) -> Array:
    """Expected events among the `people` (b,) at highest risk."""
    rows = zip(people, c.people, c.events, strict=True)
    return np.array([np.interp(k, down, events) for k, down, events in rows])


def top_size(share: float, n: ArrayLike) -> Array:
    """Number of people in a share: `ceil(share * n)`, without errors from binary fractions."""
    return np.ceil(np.round(share * np.asarray(n, dtype=np.float64), 6))


def logit(p: ArrayLike) -> Array:
    """Log-odds of risks kept away from 0 and 1."""
    kept = np.clip(np.asarray(p, dtype=np.float64), SMALLEST, 1 - SMALLEST)
    return np.log(kept) - np.log1p(-kept)


def expit(x: ArrayLike) -> Array:
    """Risk of log-odds."""
    out: Array = 0.5 * (1 + np.tanh(0.5 * np.asarray(x, dtype=np.float64)))
    return out


def auroc(y: ArrayLike, p: ArrayLike, w: ArrayLike | None = None) -> float:
    """Area under the ROC curve; NaN if everybody or nobody has the event."""
    return float(curve_auroc(one_curve(y, p, w))[0])


def average_precision(y: ArrayLike, p: ArrayLike, w: ArrayLike | None = None) -> float:
    """Average precision; NaN if there are no events."""
    return float(curve_average_precision(one_curve(y, p, w))[0])


def brier(y: ArrayLike, p: ArrayLike, w: ArrayLike | None = None) -> float:
    """Mean squared distance of risk from outcome."""
    return float(np.average((np.asarray(p, np.float64) - np.asarray(y, np.float64)) ** 2, weights=weights_of(y, w)))


def scaled_brier(y: ArrayLike, p: ArrayLike, w: ArrayLike | None = None) -> float:
    """Scaled Brier score: 1 minus Brier over the Brier of the mean. 0 is not better than the overall rate, 1 is
    perfect."""
    rate = float(np.average(np.asarray(y, np.float64), weights=weights_of(y, w)))
    return 1 - brier(y, p, w) / (rate * (1 - rate)) if 0 < rate < 1 else math.nan


def log_loss(y: ArrayLike, p: ArrayLike, w: ArrayLike | None = None) -> float:
    """Mean negative log-likelihood."""
    return float(np.average(log_losses(y, p), weights=weights_of(y, w)))


def log_losses(y: ArrayLike, p: ArrayLike) -> Array:
    """Negative log-likelihood of each row."""
    kept = np.clip(np.asarray(p, np.float64), SMALLEST, 1 - SMALLEST)
    events = np.asarray(y, np.float64)
    return -(events * np.log(kept) + (1 - events) * np.log1p(-kept))


def observed_expected(y: ArrayLike, p: ArrayLike, w: ArrayLike | None = None) -> float:
    """Events that happened over events predicted."""
    weights = weights_of(y, w)
    return float(_ratio(np.sum(weights * np.asarray(y)), np.sum(weights * np.asarray(p))))


def top_of_list(y: ArrayLike, p: ArrayLike, k: int, w: ArrayLike | None = None) -> dict[str, float]:
    """Work out what reaching the `k` people at highest risk achieves.

    `ppv` (share of them with the event), `sensitivity` (share of events among them), `lift` (PPV over the overall
    rate), `number_needed` (people reached per event predicted), and `ppv_worst` and `ppv_best`: the bounds if ties fell
    badly or well.
    """
    c = one_curve(y, p, w)
    total, events = float(c.people[0, -1]), float(c.events[0, -1])
    hits = float(curve_events_in_top(c, np.array([float(k)]))[0])
    worst, best = tie_bounds(c, k)
    ppv = hits / k if k else math.nan
    return {
        "n": float(k),
        "events": hits,
        "ppv": ppv,
        "ppv_worst": worst / k if k else math.nan,
        "ppv_best": best / k if k else math.nan,
        "sensitivity": float(_ratio(hits, events)),
        "lift": float(_ratio(ppv * total, events)),
        "number_needed": float(_ratio(k, hits)),
    }


def tie_bounds(c: Curve, k: float) -> tuple[float, float]:
    """Fewest and most events that `k` places can hold, over all orders of the people who tie with the last place."""
    people, events = c.people[0], c.events[0]
    run = min(int(np.searchsorted(people, k)), len(people) - 1)
    before = max(run - 1, 0)
    places = k - people[before]
    ties, with_event = people[run] - people[before], events[run] - events[before]
    fewest = max(0.0, places - (ties - with_event))
    return float(events[before] + fewest), float(events[before] + min(places, with_event))


def one_curve(y: ArrayLike, p: ArrayLike, w: ArrayLike | None = None) -> Curve:
    """The curve for one set of weights: (n,), or None if every row counts once."""
    return curve(rank(y, p), weights_of(y, w)[None, :])


def weights_of(y: ArrayLike, w: ArrayLike | None) -> Array:
    """The weights as floats. Without weights, 1 each."""
    return np.ones(len(np.asarray(y))) if w is None else np.asarray(w, dtype=np.float64)


def both_classes(y: ArrayLike) -> bool:
    """Whether there are people with the event and without it."""
    return bool(0 < np.sum(np.asarray(y)) < len(np.asarray(y)))


def _ratio(above: ArrayLike, below: ArrayLike) -> Array:
    """Divide; NaN for a denominator of 0."""
    a, b = np.asarray(above, np.float64), np.asarray(below, np.float64)
    divided: Array = np.divide(a, b, out=np.full(np.broadcast(a, b).shape, np.nan), where=b > 0)
    return divided
