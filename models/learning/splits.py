"""Works out the dates of training and testing, and the folds that keep a person's rows together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_schemas.errors import ConfigurationError

LONGEST_TRAINING = 8
"""Largest number of quarterly training dates: two years."""
LOOK_BACK_DAYS = 365
"""A training date needs at least this much history."""
QUARTER_MONTHS = 3
MONTHS_A_YEAR = 12
LONGEST_ROLLING = 8
"""Number of years to look back."""


@dataclass(frozen=True)
class Dates:
    """As-of dates on which a model is trained and tested, in order."""

    train: list[dt.date]
    test: list[dt.date]


def plan_dates(
    as_of: dt.date,
    horizon_days: int,
    configured_train: Sequence[dt.date] | None,
    configured_test: Sequence[dt.date] | None,
    first_day: dt.date,
) -> Dates:
    """Choose training and test dates: as configured, or worked out.

    Outcome windows `[date, date + horizon_days)` end by `as_of`. Those of training and test may touch, not overlap. If
    the dates are left out, the test date is the latest whose window ends by `as_of`, and training dates go back from it
    by quarters, as long as there is a year of history.

    Raises:
        ConfigurationError: for a window that ends after `as_of`, windows that overlap, or extracts too short for any.
    """
    horizon = dt.timedelta(days=horizon_days)
    test = sorted(set(configured_test or [as_of - horizon]))
    train = sorted(set(configured_train or _earlier_dates(test[0] - horizon, first_day)))
    problems = _late_windows("train_as_of", train, horizon, as_of) + _late_windows("test_as_of", test, horizon, as_of)
    problems += _overlaps(train, test, horizon)
    if not train:
        problems.append(
            f"run.train_as_of: no training date fits: the extracts begin on {first_day}, and a training date needs {horizon_days} days"
            f" before the test date {test[0]}. Give more history, a shorter run.horizon_days, or the dates themselves."
        )
    if problems:
        raise ConfigurationError(problems)
    return Dates(train, test)


def rolling_dates(dates: Dates, first_day: dt.date) -> list[dt.date]:
    """List every date on which a model can be trained or tested over time: the planned dates, and yearly ones back from
    the newest.

    They are yearly, so that seasons do not look like change. They go back as long as there is a year of history before
    each.
    """
    newest = dates.test[-1]
    yearly = [months_before(newest, MONTHS_A_YEAR * i) for i in range(LONGEST_ROLLING)]
    seen = [day for day in yearly if day >= first_day + dt.timedelta(days=LOOK_BACK_DAYS)]
    return sorted({*dates.train, *dates.test, *seen})


def _earlier_dates(latest: dt.date, first_day: dt.date) -> list[dt.date]:
    """Quarterly dates back from `latest` while there is a year of history before them; only `latest` if no other
    fits."""
    quarters = [months_before(latest, QUARTER_MONTHS * i) for i in range(LONGEST_TRAINING)]
    seen = [day for day in quarters if day >= first_day + dt.timedelta(days=LOOK_BACK_DAYS)]
    return seen or ([latest] if latest > first_day else [])


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day of an earlier month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    following = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return dt.date(year, month + 1, min(day.day, (following - dt.timedelta(days=1)).day))


def _late_windows(key: str, days: list[dt.date], horizon: dt.timedelta, as_of: dt.date) -> list[str]:
    return [
        f"run.{key}: the outcome window of {day} ends on {day + horizon}, after run.as_of {as_of}. Use {as_of - horizon} or earlier."
        for day in days
        if day + horizon > as_of
    ]


def _overlaps(train: list[dt.date], test: list[dt.date], horizon: dt.timedelta) -> list[str]:
    return [
        f"run.train_as_of: the outcome window of {a} overlaps that of run.test_as_of {b}. Keep them at least {horizon.days} days apart."
        for a in train
        for b in test
        if windows_overlap(a, b, horizon.days)
    ]


def windows_overlap(a: dt.date, b: dt.date, horizon_days: int) -> bool:
    """Whether the outcome windows `[date, date + horizon_days)` of two as-of dates share a day."""
    return abs((b - a).days) < horizon_days


def person_folds(person: NDArray[Any], y: NDArray[Any], folds: int, seed: int) -> NDArray[np.int8]:
    """Choose a fold for every row. All rows of a person are in one fold, and events are spread evenly over folds."""
    people, codes = np.unique(person, return_inverse=True)
    events = np.zeros(len(people), bool)
    np.logical_or.at(events, codes, y.astype(bool))
    shuffled = np.random.default_rng(seed).permutation(len(people))
    fold = np.empty(len(people), np.int8)
    for group in (shuffled[events[shuffled]], shuffled[~events[shuffled]]):
        fold[group] = np.arange(len(group)) % folds
    return fold[codes]


def each_fold(fold: NDArray[np.int8]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Row numbers to train and to test on, for each fold."""
    for number in range(int(fold.max()) + 1):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)
