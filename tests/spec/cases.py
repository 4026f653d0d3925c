"""Shows what each statistic means, in tables. They are tests, and `docs/reference/feature-reference.md` is written from
them.

Every case has the as-of date 1 March 2024 and a look-back of five years (1826 days).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipeline.features.declare import (
    Declaration,
    change,
    count,
    days_since_first,
    days_since_last,
    distinct,
    ever,
    latest,
    mean,
    months,
    total,
    trend,
    years,
)
from tests.spec.oracle import Event

AS_OF = dt.date(2024, 3, 1)
HISTORY_DAYS = 1826


@dataclass(frozen=True)
class Case:
    """A feature, the events of some people, and what the feature is for each of them."""

    statistic: str
    title: str
    declared: str
    feature: Declaration
    events: str
    expected: dict[int, float | None]


CASES = [
    Case(
        "count", "Events in the window are counted; people without any get the value of `missing`",
        'count("ae.any", over=years(1), missing=0, means="A&E visits in the last year")',
        count("ae.any", over=years(1), missing=0, means="A&E visits in the last year"),
        """
        | person | happened   | concept | value |
        | 1      | 2024-02-29 | ae.any  |       |
        | 1      | 2023-08-01 | ae.any  |       |
        | 1      | 2022-08-01 | ae.any  |       |
        | 2      | 2024-02-29 | ae.major |      |
        """,
        {1: 2, 2: 0, 3: 0},
    ),
    Case(
        "count", "A window of 365 days begins on the same day 365 days before, and does not include the as-of date",
        'count("ae.any", over=years(1), missing=0, means="A&E visits in the last year")',
        count("ae.any", over=years(1), missing=0, means="A&E visits in the last year"),
        """
        | person | happened   | concept | value |
        | 1      | 2023-03-02 | ae.any  |       |
        | 2      | 2023-03-01 | ae.any  |       |
        | 3      | 2024-02-29 | ae.any  |       |
        | 4      | 2024-03-01 | ae.any  |       |
        """,
        {1: 1, 2: 0, 3: 1, 4: 0},
    ),
    Case(
        "count", "An event that became known on or after the as-of date is not counted",
        'count("gp.event", missing=0, means="entries in the GP record")',
        count("gp.event", missing=0, means="entries in the GP record"),
        """
        | person | happened   | known      | concept  | value |
        | 1      | 2024-01-05 | 2024-02-29 | gp.event |       |
        | 2      | 2024-01-05 | 2024-03-01 | gp.event |       |
        | 3      | 2024-01-05 | 2024-05-01 | gp.event |       |
        """,
        {1: 1, 2: 0, 3: 0},
    ),
    Case(
        "count", "Without a window, the look-back of the site is the limit (`history_days`)",
        'count("gp.event", missing=0, means="entries in the GP record")',
        count("gp.event", missing=0, means="entries in the GP record"),
        """
        | person | happened   | concept  | value |
        | 1      | 2019-03-02 | gp.event |       |
        | 2      | 2019-03-01 | gp.event |       |
        """,
        {1: 1, 2: 0},
    ),
    Case(
        "count", "Several concepts are counted together",
        'count(("ae.any", "admission.any"), over=years(1), missing=0, means="visits and stays")',
        count(("ae.any", "admission.any"), over=years(1), missing=0, means="visits and stays"),
        """
        | person | happened   | concept       | value |
        | 1      | 2024-01-05 | ae.any        |       |
        | 1      | 2024-01-05 | admission.any | 3     |
        """,
        {1: 2, 2: 0},
    ),
    Case(
        "ever", "One event is enough",
        'ever("social.lonely", missing=0, means="recorded as lonely")',
        ever("social.lonely", missing=0, means="recorded as lonely"),
        """
        | person | happened   | concept       | value |
        | 1      | 2020-01-05 | social.lonely |       |
        | 1      | 2023-01-05 | social.lonely |       |
        """,
        {1: 1, 2: 0},
    ),
    Case(
        "total", "Values are summed; events without a value add nothing, and people without any value get the value of `missing`",
        'total("admission.any", over=years(1), missing=0, means="days in hospital after admissions of any kind in the last year")',
        total("admission.any", over=years(1), missing=0, means="days in hospital after admissions of any kind in the last year"),
        """
        | person | happened   | concept       | value |
        | 1      | 2023-05-01 | admission.any | 4     |
        | 1      | 2023-06-01 | admission.any | 2.5   |
        | 1      | 2023-07-01 | admission.any |       |
        | 2      | 2023-07-01 | admission.any |       |
        """,
        {1: 6.5, 2: 0},
    ),
    Case(
        "mean", "The average of the values; unknown if there are none",
        'mean("measure.systolic", over=years(3), missing=None, means="average systolic blood pressure, last 3 years")',
        mean("measure.systolic", over=years(3), missing=None, means="average systolic blood pressure, last 3 years"),
        """
        | person | happened   | concept          | value |
        | 1      | 2023-05-01 | measure.systolic | 130   |
        | 1      | 2022-06-01 | measure.systolic | 141   |
        | 1      | 2020-06-01 | measure.systolic | 200   |
        | 1      | 2023-07-01 | measure.systolic |       |
        """,
        {1: 135.5, 2: None},
    ),
    Case(
        "latest", "The value on the latest date that has one; if there are several on that day, the greatest",
        'latest("measure.systolic", missing=None, means="latest systolic blood pressure")',
        latest("measure.systolic", missing=None, means="latest systolic blood pressure"),
        """
        | person | happened   | concept          | value |
        | 1      | 2022-05-01 | measure.systolic | 180   |
        | 1      | 2023-05-01 | measure.systolic | 120   |
        | 1      | 2023-05-01 | measure.systolic | 150   |
        | 1      | 2023-09-01 | measure.systolic |       |
        | 2      | 2023-09-01 | measure.systolic |       |
        """,
        {1: 150, 2: None, 3: None},
    ),
    Case(
        "latest", "A value older than the window is not used",
        'latest("measure.systolic", over=years(2), missing=None, means="systolic blood pressure in the last 2 years")',
        latest("measure.systolic", over=years(2), missing=None, means="systolic blood pressure in the last 2 years"),
        """
        | person | happened   | concept          | value |
        | 1      | 2022-03-02 | measure.systolic | 180   |
        | 2      | 2022-02-28 | measure.systolic | 180   |
        """,
        {1: 180, 2: None},
    ),
    Case(
        "change", "The latest value minus the earliest in the window; needs values on at least two days",
        'change("measure.egfr", over=years(3), missing=None, means="change in kidney function over 3 years")',
        change("measure.egfr", over=years(3), missing=None, means="change in kidney function over 3 years"),
        """
        | person | happened   | concept      | value |
        | 1      | 2020-01-01 | measure.egfr | 90    |
        | 1      | 2022-01-01 | measure.egfr | 70    |
        | 1      | 2024-01-01 | measure.egfr | 55    |
        | 2      | 2024-01-01 | measure.egfr | 55    |
        | 2      | 2024-01-01 | measure.egfr | 60    |
        """,
        {1: -15, 2: None},
    ),
    Case(
        "trend", "Events in the later half of the window minus those in the earlier half",
        'trend("ae.any", over=years(1), missing=0, means="A&E visits: last 6 months minus the 6 months before")',
        trend("ae.any", over=years(1), missing=0, means="A&E visits: last 6 months minus the 6 months before"),
        """
        | person | happened   | concept | value |
        | 1      | 2024-02-01 | ae.any  |       |
        | 1      | 2023-09-01 | ae.any  |       |
        | 1      | 2023-08-31 | ae.any  |       |
        | 2      | 2023-05-01 | ae.any  |       |
        """,
        {1: 1, 2: -1, 3: 0},
    ),
    Case(
        "distinct", "How many different values",
        'distinct("rx.item", over=months(3), missing=0, means="groups of medicines in the last 90 days")',
        distinct("rx.item", over=months(3), missing=0, means="groups of medicines in the last 90 days"),
        """
        | person | happened   | concept | value |
        | 1      | 2024-02-01 | rx.item | 212   |
        | 1      | 2024-02-02 | rx.item | 212   |
        | 1      | 2024-02-02 | rx.item | 403   |
        | 1      | 2023-02-02 | rx.item | 601   |
        | 1      | 2024-02-02 | rx.item |       |
        """,
        {1: 2, 2: 0},
    ),
    Case(
        "days_since_last", "Yesterday is 1; a leap day counts like any other day",
        'days_since_last("ae.any", missing=None, means="days since the last A&E visit")',
        days_since_last("ae.any", missing=None, means="days since the last A&E visit"),
        """
        | person | happened   | concept | value |
        | 1      | 2024-02-29 | ae.any  |       |
        | 2      | 2024-02-28 | ae.any  |       |
        | 2      | 2023-02-28 | ae.any  |       |
        """,
        {1: 1, 2: 2, 3: None},
    ),
    Case(
        "days_since_first", "From the earliest event within the look-back",
        'days_since_first("condition.copd", missing=None, means="days since COPD was first recorded")',
        days_since_first("condition.copd", missing=None, means="days since COPD was first recorded"),
        """
        | person | happened   | concept        | value |
        | 1      | 2024-02-29 | condition.copd |       |
        | 1      | 2023-03-01 | condition.copd |       |
        | 2      | 2010-01-01 | condition.copd |       |
        """,
        {1: 366, 2: None},
    ),
]  # fmt: skip


def events(table: str) -> list[Event]:
    """The events of an ASCII table; `known` is the day it happened unless the table has that column."""
    header, *rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.strip().splitlines()
    ]
    return [_event(dict(zip(header, row, strict=True))) for row in rows]


def _event(row: dict[str, str]) -> Event:
    happened = dt.date.fromisoformat(row["happened"])
    known = dt.date.fromisoformat(row["known"]) if "known" in row else happened
    return Event(int(row["person"]), happened, known, row["concept"], float(row["value"]) if row["value"] else None)
