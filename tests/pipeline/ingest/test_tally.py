"""Where most rows of a table begin and end, and reports of dates that cannot be true."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest import newest_as_of
from pipeline.ingest.tally import bulk
from tests.pipeline.ingest.extracts_on_disk import DEFAULTS, D

FIRST = D(2020, 1, 1)


def days(*numbers: int, rows: int = 1) -> pl.DataFrame:
    return pl.DataFrame(
        {"day": [FIRST + dt.timedelta(days=number) for number in sorted(numbers)], "count": [rows] * len(numbers)},
        schema={"day": pl.Date, "count": pl.UInt32},
    )


def spans(*numbers: int, rows: int = 1) -> tuple[int, int]:
    found = bulk(days(*numbers, rows=rows))
    assert found is not None
    return (found[0] - FIRST).days, (found[1] - FIRST).days


@pytest.mark.parametrize("rows", [1, 40])
def test_a_table_that_simply_ends_is_read_to_its_last_day(rows):
    assert spans(*range(1800), rows=rows) == (0, 1799)
    assert spans(*range(0, 1800, 60), rows=rows) == (0, 1740)
    assert spans(5, rows=rows) == (5, 5)
    assert bulk(days()) is None


@pytest.mark.parametrize("stray", [[11_700], [2400], [2400, 5000, 11_700], list(range(2000, 2400, 50))])
def test_a_few_days_far_off_do_not_move_the_end(stray):
    assert spans(*range(0, 1800, 7), *stray)[1] == 1799 // 7 * 7


def test_a_few_days_long_before_do_not_move_the_beginning():
    assert spans(-40_000, -3000, *range(0, 1800, 7)) == (0, 1799 // 7 * 7)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60, unique=True))
def test_the_bulk_lies_within_the_days(numbers):
    first, last = spans(*numbers)
    assert min(numbers) <= first <= last <= max(numbers)


def many(*late: str) -> str:
    rows = [FIRST + dt.timedelta(days=5 * number) for number in range(200)]
    return "person_id,admission_date,discharge_date,admission_method\n" + "".join(
        f"p{1 + number % 2},{day},{day + dt.timedelta(days=1)},21\n" for number, day in enumerate(rows)
    ) + "".join(f"p1,{day},,21\n" for day in late)  # fmt: skip


@pytest.mark.parametrize("late", ["2052-03-01", "2026-05-01"])
def test_one_admission_far_off_does_not_move_the_as_of_date(extracts, late):
    plain = newest_as_of(extracts.write("admissions", many()).ingest(), extracts.settings())
    receipt = extracts.write("admissions", many(late)).ingest()
    assert newest_as_of(receipt, extracts.settings()) == plain == FIRST + dt.timedelta(days=996)
    assert "the bulk of its rows ends on 2022-09-22" in next(
        n.detail for n in receipt.notices if n.name == "stray_dates"
    )


def test_the_as_of_date_is_never_after_today(extracts):
    extracts.run["max_blank_rate"] = 1.0
    rows = many().replace("2020-", "2190-").replace("2021-", "2191-").replace("2022-", "2192-")
    receipt = extracts.write("admissions", rows).ingest()
    assert newest_as_of(receipt, extracts.settings()) == dt.datetime.now(tz=dt.UTC).date()


def test_dates_that_cannot_be_true_are_counted_by_kind(extracts):
    extracts.run["max_blank_rate"] = 1.0
    people = "person_id,practice_code,registered_from,birth_month,sex,death_date\n"
    extracts.write(
        "registrations",
        people + "p1,A00001,2010-04-01,1950-02-01,1,2019-01-01\np2,A00001,2012-05-01,1990-03-01,2,2199-01-01\n",
    )
    rows = DEFAULTS["admissions"] + "p2,1980-05-01,1980-05-02,21\np1,2199-05-01,,21\np1,2018-05-01,2199-01-01,21\n"
    receipt = extracts.write("admissions", rows).ingest()
    values = {n.detail.split(":")[0]: n.detail for n in receipt.notices if n.name == "impossible_dates"}
    assert values["registrations"] == "registrations: 1 row: death_date in the future (made empty)."
    assert set(values["admissions"].removeprefix("admissions: ").rstrip(".").split("; ")) == {
        "1 row: discharge_date in the future (made empty)",
        "1 row: admission_date in the future (kept)",
        "2 rows: admission_date after the person's death (kept)",
        "1 row: admission_date before the person's birth (kept)",
    }
    assert receipt.tables["admissions"].rows == 5


def test_years_of_two_digits_that_land_in_the_future_are_refused_with_a_hint(extracts):
    extracts.run["max_reject_rate"] = 0.01
    people = "person_id,practice_code,registered_from,birth_month,sex\np1,A00001,05/01/15,01/03/41,1\np2,A00001,05/01/15,01/03/81,1\n"
    message = extracts.write("registrations", people, date_format="%d/%m/%y").stopped()
    assert "birth_month.after_registration 1" in message
    assert "years of two digits" in message
    assert "admissions: 2" not in message
