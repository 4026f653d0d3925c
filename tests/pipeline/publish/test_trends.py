from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipeline.community.xmr import month_starts, trend
from pipeline.publish.trends import trends

MONTHS = [dt.date(2024 + n // 12, n % 12 + 1, 1) for n in range(14)]


def counted(rates):
    """People and events of a cluster of 1,000 people with these numbers of events per month."""
    return dict.fromkeys(MONTHS, 1000), dict(zip(MONTHS, rates, strict=True))


def test_limits_by_hand():
    # 10, 20, 10, 20 …: the mean is 15, every moving range 10, the limits 15 ± 26.6, and a rate is not below nothing
    found = trend(MONTHS, *counted([10, 20] * 7))
    assert (found.mean, found.low, found.high) == (15.0, 0.0, pytest.approx(41.6))
    assert found.unusual == []


def test_a_month_outside_the_limits_stands_out():
    found = trend(MONTHS, *counted([50, 55, 50, 55, 50, 55, 100, 55, 50, 55, 50, 55, 50, 55]))
    # 13 moving ranges: ten of 5, then 45 and 45, and one of 5 (50 to 55): the mean is 145 / 13
    assert found.high == pytest.approx(found.mean + 2.66 * (11 * 5 + 45 + 45) / 13)
    assert found.unusual[0] == (dt.date(2024, 7, 1), "above what is usual")


def test_seven_months_on_one_side_are_a_shift():
    found = trend(MONTHS, *counted([50, 55, 50, 55, 50, 55, 50, 60, 65, 60, 65, 60, 65, 60]))
    assert (dt.date(2024, 8, 1), "since then above the mean every month") in found.unusual


def test_rates_come_from_protected_counts():
    found = trend(MONTHS, dict.fromkeys(MONTHS, 998), dict.fromkeys(MONTHS, 12))
    assert set(found.rates) == {10.0}  # 10 of 1,000


def test_a_hidden_month_or_too_few_months_leave_no_trend():
    assert trend(MONTHS, *counted([10] * 13 + [5])) is None
    assert trend(MONTHS[:11], *counted([10] * 14)) is None


def test_months_end_with_the_last_whole_one():
    months = month_starts(dt.date(2026, 4, 17))
    assert (months[0], months[-2], months[-1], len(months)) == (
        dt.date(2024, 4, 1),
        dt.date(2026, 3, 1),
        dt.date(2026, 4, 1),
        25,
    )


def test_counts_unplanned_stays_of_registered_people_once(borough):
    scored = borough(people=40)
    people = range(40)
    codes = [f"X0000{n % 2 + 1}" for n in people]
    pl.DataFrame({"practice_code": ["X00001", "X00002"], "cluster_code": ["C1", "C2"]}).write_parquet(
        scored.tables / "practices.parquet"
    )
    pl.DataFrame(
        {
            "person": list(people),
            "practice_code": codes,
            "registered_from": [dt.date(2020, 1, 1)] * 40,
            "registered_to": [None] * 40,
        },
        schema_overrides={"person": pl.Int32, "registered_to": pl.Date},
    ).write_parquet(scored.tables / "registrations.parquet")
    # the extract starts in March 2024, so that April is seen whole
    months = [dt.date(2024, 3, 1), *month_starts(scored.as_of)[:-1]]
    stays = [(n, month, method) for month in months for n in people for method in ("21", "11")]
    days = [month + dt.timedelta(days=3 if method == "21" else 20) for _, month, method in stays]
    pl.DataFrame(
        {
            "person": [n for n, _, _ in stays],
            "admission_date": days,
            "discharge_date": [day + dt.timedelta(days=2) for day in days],
            "admission_method": [method for _, _, method in stays],
            "discharge_method": ["1"] * len(stays),
        },
        schema_overrides={"person": pl.Int32},
    ).write_parquet(scored.tables / "admissions.parquet")
    found = trends(scored)
    assert sorted(found) == ["C1", "C2"]
    assert len(found["C1"].months) == 24
    assert set(found["C1"].rates) == {1000.0}  # twenty people, each admitted once a month as an emergency
