"""Dates of training and test, and folds."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from data_schemas.errors import ConfigurationError
from models.learning.splits import Dates, each_fold, months_before, person_folds, plan_dates, rolling_dates

DAY = dt.date


def test_configured_dates_are_kept_and_sorted():
    dates = plan_dates(
        DAY(1981, 1, 1), 365, [DAY(1978, 1, 1), DAY(1977, 1, 1)], [DAY(1980, 1, 1), DAY(1979, 1, 1)], DAY(1976, 1, 1)
    )
    assert dates.train == [DAY(1977, 1, 1), DAY(1978, 1, 1)]
    assert dates.test == [DAY(1979, 1, 1), DAY(1980, 1, 1)]


def test_worked_out_dates_touch_and_go_back_by_quarters():
    dates = plan_dates(DAY(2026, 4, 1), 365, None, None, DAY(2022, 4, 1))
    assert dates.test == [DAY(2025, 4, 1)]
    assert dates.train == [DAY(2023, 4, 1), DAY(2023, 7, 1), DAY(2023, 10, 1), DAY(2024, 1, 1), DAY(2024, 4, 1)]


def test_training_windows_end_before_test_windows_begin():
    dates = plan_dates(DAY(2026, 4, 1), 90, None, [DAY(2025, 10, 1)], DAY(2020, 1, 1))
    assert max(dates.train) + dt.timedelta(days=90) <= DAY(2025, 10, 1)
    assert len(dates.train) == 8


def test_a_short_history_still_gives_one_training_date():
    dates = plan_dates(DAY(2011, 1, 1), 365, None, None, DAY(2008, 6, 1))
    assert dates.train == [DAY(2009, 1, 1)]


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        ([DAY(2024, 6, 1)], [DAY(2025, 1, 1)], "overlaps"),
        ([DAY(2023, 1, 1)], [DAY(2025, 6, 1)], "after run.as_of"),
        ([DAY(2025, 6, 1)], [DAY(2024, 1, 1)], "after run.as_of"),
        (None, None, "no training date fits"),
    ],
)
def test_dates_that_cannot_be_are_refused(train, test, words):
    first = DAY(2024, 12, 1) if train is None else DAY(2020, 1, 1)
    with pytest.raises(ConfigurationError, match=words):
        plan_dates(DAY(2026, 1, 1), 365, train, test, first)


def test_touching_windows_are_allowed():
    assert plan_dates(DAY(2026, 1, 1), 365, [DAY(2024, 1, 1)], [DAY(2025, 1, 1)], DAY(2020, 1, 1)).train


def test_all_problems_come_together():
    with pytest.raises(ConfigurationError) as caught:
        plan_dates(DAY(2026, 1, 1), 365, [DAY(2024, 6, 1), DAY(2025, 6, 1)], [DAY(2025, 1, 1)], DAY(2020, 1, 1))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(("day", "months", "expected"), [
    (DAY(2024, 5, 31), 3, DAY(2024, 2, 29)), (DAY(2024, 1, 15), 3, DAY(2023, 10, 15)), (DAY(2024, 12, 31), 12, DAY(2023, 12, 31)),
])  # fmt: skip
def test_months_before(day, months, expected):
    assert months_before(day, months) == expected


def test_people_stay_together_and_events_are_spread():
    rng = np.random.default_rng(1)
    person = rng.integers(0, 400, 1000).astype(np.int32)
    y = (rng.random(1000) < 0.05).astype(np.int8)
    fold = person_folds(person, y, 5, seed=2)
    assert all(len(set(fold[person == p])) == 1 for p in np.unique(person))
    with_event = set(person[y == 1])
    counts = np.bincount([fold[person == p][0] for p in with_event], minlength=5)
    assert counts.max() - counts.min() <= 1
    judged = np.concatenate([judge for _, judge in each_fold(fold)])
    assert sorted(judged) == list(range(1000))


def test_over_time_looks_back_by_years_as_far_as_a_year_of_history():
    planned = Dates([DAY(2023, 4, 1), DAY(2024, 4, 1)], [DAY(2025, 4, 1)])
    assert rolling_dates(planned, DAY(2021, 6, 1)) == [
        DAY(2023, 4, 1), DAY(2024, 4, 1), DAY(2025, 4, 1),
    ]  # fmt: skip
    assert rolling_dates(planned, DAY(2020, 4, 1))[:2] == [DAY(2021, 4, 1), DAY(2022, 4, 1)]
