"""The rows made from simulated lives: stays, visits, coded events, prescriptions."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.synthetic.calendar import build_calendar, days, working_day
from pipeline.synthetic.codes import codes
from pipeline.synthetic.contacts import spread
from pipeline.synthetic.options import Options
from pipeline.synthetic.plausible import GIVEN_FROM, RECORDED_FROM, suited
from pipeline.synthetic.practice import over_time
from pipeline.synthetic.words import either, words


def extract(folder, table):
    return pl.read_parquet(folder / "extracts" / f"{table}-*.parquet")


def test_an_event_is_spread_out_once_for_every_count():
    visits = spread(np.array([[0, 2], [1, 0]], dtype=np.uint8))
    assert list(zip(visits.person.tolist(), visits.month.tolist(), strict=True)) == [(1, 0), (1, 0), (0, 1)]


def test_regular_events_come_at_their_rate_inside_their_time():
    rng = np.random.default_rng(1)
    start, stop = np.full(4_000, 10), np.full(4_000, 34)
    row, at = over_time(start, stop, np.full(4_000, 1.3), rng)
    assert len(row) == pytest.approx(4_000 * 2.6, rel=0.02)
    assert at.min() >= 10
    assert at.max() < 34
    none, _ = over_time(stop, start, np.full(4_000, 9.0), rng)
    assert len(none) == 0


def test_weekends_go_to_the_monday_after():
    saturday = days(dt.date(2026, 2, 28))
    assert working_day(np.array([saturday - 1, saturday, saturday + 1])).tolist() == [
        saturday - 1,
        saturday + 2,
        saturday + 2,
    ]


def test_months_of_the_calendar_start_with_the_burn_in():
    calendar = build_calendar(Options(people=1, seed=1))
    assert calendar.first[12] == calendar.start == days(dt.date(2020, 4, 1))
    assert calendar.first[84] == calendar.end == days(dt.date(2026, 4, 1))
    day = calendar.day_at(np.array([12.5]))
    assert day[0] == days(dt.date(2020, 4, 16))
    assert calendar.month_of(day).tolist() == [12]


def test_words_are_looked_up_and_empty_where_negative():
    assert words(("a", "b"), np.array([1, -1, 0])).to_list() == ["b", None, "a"]
    assert either(np.array([True, False]), "y", "n").to_list() == ["y", "n"]


def test_flu_vaccinations_come_in_autumn(clean):
    flu = ("955651000000100", "822851000000102")
    months = extract(clean, "gp_events").filter(pl.col("code").is_in(flu))["event_date"].dt.month()
    assert set(months) <= {9, 10, 11, 12}


def test_emergency_departments_are_the_way_in_of_their_admissions(clean):
    stays = extract(clean, "admissions").filter(
        pl.col("admission_method").is_in(["21", "2A"]), pl.col("episode_order") == 1
    )
    visits = extract(clean, "attendances").filter(pl.col("discharge_destination") == "306706006")
    assert len(stays) == len(visits)
    met = stays.join(
        visits, left_on=["person_id", "admission_date"], right_on=["person_id", "arrival_date"], how="semi"
    )
    assert len(met) == len(stays)


def test_episodes_follow_each_other_and_only_the_last_one_discharges(clean):
    rows = extract(clean, "admissions").sort("person_id", "admission_date", "episode_order")
    second = rows.filter(pl.col("episode_order") == 2)
    first = rows.filter(pl.col("episode_order") == 1, pl.col("discharge_method") == "8")
    assert len(second) > 50
    joined = second.join(first, on=["person_id", "admission_date", "provider_code"], suffix="_first")
    assert (joined["episode_start"] == joined["episode_end_first"]).sum() >= len(second)
    open_stays = rows.filter(pl.col("discharge_date").is_null())
    assert (open_stays["discharge_method"] == "8").all()
    assert 0 < len(open_stays) < 0.01 * len(rows)


def test_deaths_in_hospital_end_the_stay_on_the_day_of_death(clean):
    deaths = extract(clean, "registrations").filter(pl.col("death_date").is_not_null()).unique("person_id")
    last = extract(clean, "admissions").filter(pl.col("discharge_method") == "4")
    joined = last.join(deaths, on="person_id")
    assert len(joined) == len(last) > 0.3 * len(deaths)
    assert (joined["discharge_date"] == joined["death_date"]).all()


def test_loneliness_is_recorded_for_few_of_the_lonely_and_hardly_for_others(clean):
    truth = pl.read_parquet(clean / "truth.parquet").filter(pl.col("as_of") == dt.date(2026, 4, 1))
    coded = extract(clean, "gp_events").filter(pl.col("code") == "267076002")["person_id"].unique()
    seen = truth["person_id"].is_in(coded.implode())
    lonely = truth["often_lonely"]
    one_in_six = 1 / 6
    off_by_chance = 4 * (one_in_six * (1 - one_in_six) / lonely.sum()) ** 0.5
    assert abs(seen.filter(lonely).mean() - one_in_six) < off_by_chance
    assert seen.filter(~lonely).mean() < 0.01


def aged(folder, table, date):
    """The rows with `sex` and `age` in years on `date`."""
    who = extract(folder, "registrations").unique("person_id").select("person_id", "sex", "birth_month")
    years = (pl.col(date) - pl.col("birth_month")).dt.total_days() / 365.25
    return extract(folder, table).join(who, on="person_id").with_columns(age=years)


def test_what_does_not_suit_a_person_is_replaced():
    given = pl.Series(["N40X", "N40X", "N40X", "C509", "430", "420", "J181", None])
    female = np.array([True, False, False, False, True, True, True, True])
    age = np.array([70.0, 70, 30, 70, 40, 40, 40, 40])
    assert suited(given, female, age).to_list() == ["K409", "N40X", "K409", "C61", "300", "300", "J181", None]


def test_nobody_has_an_illness_of_the_other_sex(clean):
    stays, events = aged(clean, "admissions", "admission_date"), aged(clean, "gp_events", "event_date")
    items, seen = aged(clean, "prescriptions", "issue_date"), aged(clean, "outpatients", "appointment_date")
    of_men = (stays.filter(pl.col("diag_01").is_in(["N40X", "C61"])), events.filter(pl.col("code") == "399068003"))
    of_women = (
        stays.filter(pl.col("diag_01").str.starts_with("O")),
        items.filter(pl.col("bnf_code") == "0702"),
        seen.filter(pl.col("specialty") == "502"),
    )
    assert [found["sex"].unique().to_list() for found in of_men] == [["1"]] * 2
    assert [found["sex"].unique().to_list() for found in of_women] == [["2"]] * 3


def test_nothing_comes_before_its_age(clean):
    events = aged(clean, "gp_events", "event_date")
    month = 0.1
    for concept, years in RECORDED_FROM.items():
        assert (events.filter(pl.col("code").is_in(codes(concept)))["age"] >= years - month).all(), concept
    items = aged(clean, "prescriptions", "issue_date")
    assert (items.filter(pl.col("bnf_code").is_in(["0212", "0204"]))["age"] > 14).all()
    stays = aged(clean, "admissions", "admission_date")
    for code, (years, _) in GIVEN_FROM.items():
        assert (stays.filter(pl.col("diag_01") == code)["age"] >= years - month).all(), code
