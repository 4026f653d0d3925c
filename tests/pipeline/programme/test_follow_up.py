"""Follow-up by hand: windows, years, deaths, leaving, the end of the data."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from data_schemas.codelists import load_codelists
from pipeline.concepts import Concepts
from pipeline.programme.before import before, use_of_care
from pipeline.programme.follow_up import follow_up, rows_for
from pipeline.programme.records import Records, records
from tests.pipeline.extracts import ingested, registration

START = dt.date(2020, 1, 1)


def stay(person: str, day: str, nights: int = 1, method: str = "21", **more: str) -> dict[str, object]:
    admitted = dt.date.fromisoformat(day)
    return {
        "person_id": person,
        "admission_date": admitted,
        "discharge_date": admitted + dt.timedelta(days=nights),
        "admission_method": method,
        "discharge_method": "1",
        **more,
    }


def known(
    tmp_path: Path, people: list[dict[str, object]], stays: list[dict[str, object]], end: str = "2023-01-01"
) -> Records:
    made = ingested(tmp_path, registrations=people, admissions=stays)
    concepts = Concepts(load_codelists(()))
    return records(made, concepts, "icd10", dt.date(2018, 1, 1), dt.date.fromisoformat(end))


def units(count: int, start: dt.date = START) -> pl.DataFrame:
    return pl.DataFrame(
        {"unit": range(count), "person": range(count), "start_date": start}, schema_overrides={"person": pl.Int32}
    )


def test_a_single_window_is_half_open(tmp_path: Path) -> None:
    stays = [
        stay("a", "2019-12-31", 0),
        stay("a", "2020-01-01", 0),
        stay("a", "2020-04-09", 0),
        stay("a", "2020-04-10", 0),
    ]
    found = follow_up(units(1), known(tmp_path, [registration("a")], stays), 100)
    assert found.select("days", "admissions", "complete").rows() == [(100, 2, True)]


def test_years_of_365_days_and_a_short_last_one_left_out(tmp_path: Path) -> None:
    people = [registration("a"), registration("b", registered_to=dt.date(2021, 3, 1))]
    found = follow_up(units(2), known(tmp_path, people, [stay("b", "2021-02-01")]), 730)
    rows = found.select("unit", "year", "days", "kept", "admissions").rows()
    assert rows == [(0, 0, 365, True, 0), (0, 1, 365, True, 0), (1, 0, 365, True, 0), (1, 1, 60, False, 1)]
    assert rows_for(found, "admissions")["unit"].to_list() == [0, 0, 1]


def test_leavers_without_the_outcome_are_left_out_of_a_risk_and_the_dead_are_not(tmp_path: Path) -> None:
    gone = dt.date(2020, 3, 1)
    people = [
        registration("a", registered_to=gone),
        registration("b", registered_to=gone),
        registration("c", death_date=gone, registered_to=gone),
    ]
    found = follow_up(units(3), known(tmp_path, people, [stay("b", "2020-02-01")]), 365)
    assert rows_for(found, "any_admission").rows() == [(1, 1.0, 1.0), (2, 0.0, 1.0)]
    assert rows_for(found, "death").rows() == [(2, 1.0, 1.0)]
    assert rows_for(found, "admissions")["exposure"].to_list() == pytest.approx([60 / 365] * 3)


def test_nobody_is_followed_past_the_data_nor_from_before_their_registration(tmp_path: Path) -> None:
    people = [registration("a"), registration("b", registered_from=dt.date(2021, 1, 1))]
    found = follow_up(units(2), known(tmp_path, people, [stay("a", "2020-02-01")], end="2020-04-10"), 365)
    assert found.select("unit", "days", "complete").rows() == [(0, 100, False)]


def test_bed_days_are_those_within_each_year_of_stays_that_began_since(tmp_path: Path) -> None:
    stays = [stay("a", "2019-12-20", 30), stay("a", "2020-12-21", 20)]
    found = follow_up(units(1), known(tmp_path, [registration("a")], stays), 730)
    assert found["bed_days"].to_list() == [10, 10]  # the year from 1 January 2020 ends on 30 December


def test_a_year_cut_short_by_death_counts_where_death_is_the_outcome(tmp_path: Path) -> None:
    people = [registration("a", death_date=dt.date(2021, 2, 1), registered_to=dt.date(2021, 2, 1))]
    found = follow_up(units(1), known(tmp_path, people, []), 730)
    assert rows_for(found, "death")["y"].to_list() == [0.0, 1.0]
    assert rows_for(found, "any_admission")["y"].to_list() == [0.0]


def test_planned_cataract_operations_are_told_apart(tmp_path: Path) -> None:
    stays = [stay("a", "2020-02-01", 0, "11", diag_01="H25.9"), stay("a", "2020-03-01", 0, "21", diag_01="H25.9")]
    found = follow_up(units(1), known(tmp_path, [registration("a")], stays), 365)
    assert found["planned_cataract_admission"].to_list() == [1]


def test_the_year_before_by_hand(tmp_path: Path) -> None:
    stays = [
        stay("a", "2018-12-31", 3), stay("a", "2019-02-01", 3), stay("a", "2019-12-15", 30, "11"), stay("a", "2020-01-01"),
    ]  # fmt: skip
    facts = known(tmp_path, [registration("a"), registration("b", registered_from=dt.date(2019, 6, 1))], stays)
    found = use_of_care(units(2), facts)
    assert found.drop("ae_attendances_year_before").rows() == [
        (0, 2.0, 1.0, 20.0, 1.0, True),
        (1, 0.0, 0.0, 0.0, 0.0, False),
    ]
    assert not before(units(2), facts).has_year_before
    alone = before(units(1), facts)
    assert alone.has_year_before
    assert alone.values["age"].to_list() == pytest.approx([60.0], abs=0.01)
