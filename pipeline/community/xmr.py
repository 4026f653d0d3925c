"""Works out monthly rates with the limits of ordinary variation (statistical process control, XmR charts)."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline import disclosure
from pipeline.disclosure import Count

MONTHS = 24
FEWEST_MONTHS = 12
"""The fewest months from which ordinary variation can be judged."""
XMR = 2.66
"""Limits of an individuals chart: the mean, plus and minus 2.66 times the mean moving range (3 divided by 1.128)."""
RUN = 7
"""The number of months in a row on one side of the mean that is not due to chance (NHS England, Making Data Count)."""


@dataclass(frozen=True)
class Trend:
    """Events per 1,000 people in each month, from protected counts."""

    months: tuple[dt.date, ...]
    rates: tuple[float, ...]
    mean: float
    low: float
    high: float

    @property
    def unusual(self) -> list[tuple[dt.date, str]]:
        """The unusual months, and how they are unusual."""
        outside = [
            (month, "above what is usual" if rate > self.high else "below what is usual")
            for month, rate in zip(self.months, self.rates, strict=True)
            if not self.low <= rate <= self.high
        ]
        return outside + self._shift()

    def _shift(self) -> list[tuple[dt.date, str]]:
        sides = [(rate > self.mean) - (rate < self.mean) for rate in self.rates[-RUN:]]
        if len(sides) == RUN and abs(sum(sides)) == RUN:
            return [(self.months[-RUN], f"since then {'above' if sides[0] > 0 else 'below'} the mean every month")]
        return []


def trend(months: list[dt.date], people: Mapping[dt.date, Count], events: Mapping[dt.date, Count]) -> Trend | None:
    """The individuals chart of one place, from its people and events by month, protected or not."""
    rates = [disclosure.rate(_protected(events.get(month, 0)), _protected(people.get(month, 0))) for month in months]
    known = [rate for rate in rates if rate is not None]
    if len(known) < max(len(months), FEWEST_MONTHS):
        return None
    mean = sum(known) / len(known)
    moving = sum(abs(b - a) for a, b in itertools.pairwise(known)) / (len(known) - 1)
    return Trend(tuple(months), tuple(known), mean, max(0.0, mean - XMR * moving), mean + XMR * moving)


def _protected(count: Count) -> Count:
    return None if count is None else disclosure.protect(count)


def month_starts(day: dt.date) -> list[dt.date]:
    """The first days of the last whole months before a day, and the first day after them."""
    last = day.year * 12 + day.month - 1
    return [dt.date(n // 12, n % 12 + 1, 1) for n in range(last - MONTHS, last + 1)]
