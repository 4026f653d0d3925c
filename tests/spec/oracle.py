"""Works out every statistic in slow, plain Python: one person, one feature, one event at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from pipeline.features.declare import Declaration


@dataclass(frozen=True)
class Event:
    person: int
    happened: dt.date
    known: dt.date
    concept: str
    value: float | None = None


def value(feature: Declaration, events: list[Event], person: int, as_of: dt.date, history_days: int) -> float | None:
    """The value of the feature for `person` on `as_of`."""
    days = history_days if feature.over is None else min(feature.over, history_days)
    known = [
        event
        for event in events
        if event.person == person
        and event.concept in feature.concepts
        and event.happened < as_of
        and event.known < as_of
        and (as_of - event.happened).days <= days
    ]
    found = STATISTICS[feature.statistic](known, as_of, days) if known else None
    return feature.missing if found is None else float(found)


def _greatest_of_day(events: list[Event], pick) -> float | None:
    valued = [event for event in events if event.value is not None]
    if not valued:
        return None
    day = pick(event.happened for event in valued)
    return max(event.value for event in valued if event.happened == day)


def _change(events: list[Event], *_) -> float | None:
    days = {event.happened for event in events if event.value is not None}
    return _greatest_of_day(events, max) - _greatest_of_day(events, min) if len(days) > 1 else None


def _trend(events: list[Event], as_of: dt.date, days: int) -> float:
    later = sum((as_of - event.happened).days <= days // 2 for event in events)
    return later - (len(events) - later)


def _total(events: list[Event], *_) -> Fraction | None:
    values = [Fraction(event.value) for event in events if event.value is not None]
    return sum(values) if values else None


def _mean(events: list[Event], *_) -> Fraction | None:
    values = [Fraction(event.value) for event in events if event.value is not None]
    return sum(values) / len(values) if values else None


def _distinct(events: list[Event], *_) -> int | None:
    return len({event.value for event in events} - {None}) or None


STATISTICS = {
    "count": lambda events, *_: len(events),
    "ever": lambda *_: 1,
    "total": _total,
    "mean": _mean,
    "latest": lambda events, *_: _greatest_of_day(events, max),
    "change": _change,
    "trend": _trend,
    "distinct": _distinct,
    "days_since_last": lambda events, as_of, _: min((as_of - event.happened).days for event in events),
    "days_since_first": lambda events, as_of, _: max((as_of - event.happened).days for event in events),
}
