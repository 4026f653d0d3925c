"""Converts the borough's months to days since 1970, and draws dates in them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.synthetic.options import Options
from pipeline.synthetic.people import BURN_IN

Days = npt.NDArray[np.int32]
EPOCH = dt.date(1970, 1, 1)
THURSDAY, FRIDAY = 3, 4
"""Weekdays, Monday = 0; the epoch was a Thursday."""


@dataclass(frozen=True)
class Calendar:
    """The months of the simulation. `first[t]` is the first day of month `t`, counted from the burn-in. The extracts
    cover [start, end).
    """

    first: Days
    start: int
    end: int

    def within(self, month: npt.NDArray[np.integer], rng: np.random.Generator) -> Days:
        """A random day of each month. All days are equally likely."""
        first = self.first[month]
        return np.asarray(first + (rng.random(len(month)) * (self.first[month + 1] - first)), dtype=np.int32)

    def day_at(self, month: npt.NDArray[np.float64]) -> Days:
        """The day for a month number with a fraction."""
        whole = month.astype(np.int64)
        first = self.first[whole]
        return np.asarray(first + (month - whole) * (self.first[whole + 1] - first), dtype=np.int32)

    def nearest_autumn(self, month: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
        """Draw a time in September to December of the same flu year (July to June), when vaccinations are given."""
        july = (6 - self.calendar_month) % 12
        year = np.floor((month - july) / 12)
        return np.asarray(july + 12 * year + 2 + rng.beta(1.5, 2.5, len(month)) * 4)

    @property
    def calendar_month(self) -> int:
        """Month of the year of month 0, January = 0."""
        return int((np.datetime64("1970-01-01") + int(self.first[0])).astype("datetime64[M]").astype(np.int64) % 12)

    def recorded(self, days: Days) -> npt.NDArray[np.bool_]:
        """Whether the extracts cover the day."""
        return np.asarray((days >= self.start) & (days < self.end))

    def month_of(self, days: Days) -> npt.NDArray[np.int32]:
        """The month of each day."""
        return np.asarray(np.searchsorted(self.first, days, side="right") - 1, dtype=np.int32)


def days(day: dt.date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def month_start(options: Options, month: int) -> dt.date:
    """First day of a month, counted from the start of the burn-in."""
    index = options.start.year * 12 + options.start.month - 1 + month - BURN_IN
    return dt.date(index // 12, index % 12 + 1, 1)


def month_number(options: Options, day: dt.date) -> int:
    """The month of a date, counted from the start of the burn-in."""
    return (day.year - options.start.year) * 12 + day.month - options.start.month + BURN_IN


def build_calendar(options: Options) -> Calendar:
    """Build the months from the burn-in to two years after the as-of date."""
    count = options.years * 12 + BURN_IN + 25
    first = np.array([days(month_start(options, m)) for m in range(count)], dtype=np.int32)
    return Calendar(first, days(options.start), days(options.as_of))


def dates(values: Days) -> pl.Series:
    """Convert days since 1970 to dates."""
    return pl.Series(values, dtype=pl.Int32).cast(pl.Date)


def dates_before(values: Days, end: int) -> pl.Series:
    """Convert days since 1970 to dates, empty from `end` on because nobody can know these yet."""
    series = pl.Series(values, dtype=pl.Int32)
    return pl.select(pl.when(series < end).then(series).cast(pl.Date)).to_series()


def working_day(values: Days) -> Days:
    """Move Saturdays and Sundays to the following Monday."""
    weekday = (values + THURSDAY) % 7
    return np.asarray(np.where(weekday > FRIDAY, values + 7 - weekday, values), dtype=np.int32)
