"""Planted errors in data, one kind at a time, on a few rows."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.synthetic.calendar import build_calendar, days
from pipeline.synthetic.mess import Setting, silent_months, spoil
from pipeline.synthetic.options import Mess, Options
from pipeline.synthetic.places import build_places

CALENDAR = build_calendar(Options(people=1, seed=1))
NONE = dict.fromkeys(
    ("nulls", "late", "duplicates", "dropouts", "other_codes", "impossible", "unregistered", "opt_outs"), 0.0
)
ROWS = 4_000


def setting(**rates):
    silent = pl.DataFrame(
        {"person_id": ["p1"], "first": [days(dt.date(2023, 5, 1))], "end": [days(dt.date(2023, 6, 1))]},
        schema={"person_id": pl.String, "first": pl.Int32, "end": pl.Int32},
    )
    nobody = silent.clear() if "dropouts" not in rates else silent
    return Setting(Mess(**NONE | rates), CALENDAR, pl.Series(["s1", "s2"]), pl.Series(["p0"]), nobody)


def events():
    day = pl.date_range(dt.date(2021, 1, 1), dt.date(2025, 12, 31), eager=True)
    size = np.arange(ROWS)
    return pl.DataFrame(
        {
            "person_id": [f"p{n % 4}" for n in size],
            "event_date": day.gather(size % len(day)),
            "recorded_date": day.gather(size % len(day)),
            "code": ["267076002"] * ROWS,
            "value": size.astype(float),
            "unit": ["u"] * ROWS,
        }
    )


def spoiled(table, frame, **rates):
    return spoil(table, frame, setting(**rates), np.random.default_rng(1))


def near(count, expected):
    return abs(count - expected) < 4 * np.sqrt(expected)


def test_without_rates_nothing_changes():
    frame, count = spoiled("gp_events", events())
    assert frame.equals(events())
    assert (count.rejects, count.unregistered, count.identical) == ({}, 0, 0)


def test_late_events_are_known_later_and_not_after_the_extract():
    frame, count = spoiled("gp_events", events(), late=0.25)
    late = frame["recorded_date"] > frame["event_date"]
    assert late.sum() == count.put_in["recorded_late"]
    assert near(late.sum(), 0.25 * ROWS)
    assert frame["recorded_date"].max() < dt.date(2026, 4, 1)


def test_rows_sent_twice_are_counted_without_those_who_opted_out():
    frame, count = spoiled("gp_events", events(), duplicates=0.1)
    assert near(len(frame) - ROWS, 0.1 * ROWS)
    others = frame.filter(pl.col("person_id") != "p0")
    assert count.identical == len(others) - 3 * ROWS // 4


def test_impossible_dates_are_counted_under_the_rule_that_will_refuse_them():
    frame, count = spoiled("gp_events", events(), impossible=0.05)
    wrong = frame.filter(pl.col("event_date") == dt.date(1900, 1, 1))
    assert near(len(wrong), 0.05 * ROWS)
    assert count.rejects == {"event_date.outside_covers": len(wrong.filter(pl.col("person_id") != "p0"))}


def test_a_silent_practice_sends_nothing_for_its_month():
    frame, count = spoiled("gp_events", events(), dropouts=1.0)
    gone = events().filter(
        pl.col("person_id") == "p1", pl.col("event_date").is_between(dt.date(2023, 5, 1), dt.date(2023, 5, 31))
    )
    assert count.put_in["practice_silent"] == len(gone) > 0
    assert len(frame) == ROWS - len(gone)


def test_other_systems_codes_take_the_place_of_snomed():
    frame, count = spoiled("gp_events", events(), other_codes=0.2)
    assert set(frame["code"]) == {"267076002", "1B1K."}
    assert near((frame["code"] == "1B1K.").sum(), 0.2 * ROWS)
    assert count.put_in["other_code"] == (frame["code"] == "1B1K.").sum()


def admissions():
    start = pl.Series([dt.date(2023, 1, 1)] * ROWS)
    return pl.DataFrame(
        {
            "person_id": [f"p{n}" for n in range(ROWS)],
            "admission_date": start,
            "discharge_date": start,
            "diag_01": ["J441"] * ROWS,
            "specialty": ["300"] * ROWS,
            "discharge_destination": ["19"] * ROWS,
        }
    )


def test_admissions_get_strangers_dots_and_discharges_before_admission():
    frame, count = spoiled("admissions", admissions(), unregistered=0.1, other_codes=0.5, impossible=0.05)
    strangers = frame.filter(pl.col("person_id").str.starts_with("s"))
    early = pl.col("discharge_date") < pl.col("admission_date")
    assert near(len(strangers), 0.1 * ROWS)
    assert count.unregistered == len(strangers.filter(~early))
    assert count.rejects == {"discharge_before_admission": len(frame.filter(early, pl.col("person_id") != "p0"))}
    assert set(frame["diag_01"]) == {"J441", "J44.1"}


def test_empty_values_are_counted_among_the_rows_that_come_in():
    frame, count = spoiled("admissions", admissions(), nulls=0.3)
    assert count.nulls["specialty"] == frame.filter(pl.col("person_id") != "p0")["specialty"].null_count()
    assert near(frame["specialty"].null_count(), 0.3 * ROWS)
    assert frame["person_id"].null_count() == frame["admission_date"].null_count() == 0


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 0), (1.0, 6)])
def test_practices_fall_silent_by_the_rate(rate, expected):
    places = build_places(Options(people=20_000, seed=1))
    silent = silent_months(places, Mess(dropouts=rate), CALENDAR, 1)
    assert len(silent) == expected
    assert ((silent["end"] - silent["first"]).is_between(28, 31)).all()
    assert (silent["first"] >= CALENDAR.start).all()
