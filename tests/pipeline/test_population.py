"""The people in the cohort, and their outcomes."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.population import age_band, cohort, outcomes, unregistered_from
from pipeline.registrations import registered
from tests.pipeline.extracts import AS_OF, frame, registration

PRACTICES = pl.DataFrame({"practice_code": ["P00001", "P00002"], "cluster_code": ["C1", "C2"]})
D = dt.date


def registrations(*rows):
    table = frame("registrations", list(rows))
    return table.with_columns(person=pl.col("person_id").str.slice(1).cast(pl.Int32))


def found(*rows, as_of=AS_OF):
    return registered(registrations(*rows), as_of).filter("on_list")


def one(*rows):
    return found(*rows).row(0, named=True)


# ---- the cohort ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "is_in"),
    [
        (D(2024, 1, 1), None, True),
        (D(2024, 1, 2), None, False),
        (D(2020, 1, 1), D(2024, 1, 1), False),
        (D(2020, 1, 1), D(2024, 1, 2), True),
    ],
)
def test_registered_is_half_open(start, end, is_in):
    assert found(registration("p1", registered_from=start, registered_to=end)).height == is_in


@pytest.mark.parametrize(("death", "is_in"), [(D(2023, 12, 31), False), (AS_OF, True), (D(2024, 6, 1), True)])
def test_who_dies_on_the_as_of_date_is_alive(death, is_in):
    assert found(registration("p1", death_date=death)).height == is_in


def test_a_death_in_an_older_row_counts():
    old = registration("p1", registered_from=D(2010, 1, 1), registered_to=D(2015, 1, 1), death_date=D(2023, 5, 1))
    assert found(old, registration("p1")).is_empty()


def test_people_are_the_same_whether_worked_out_together_or_some_at_a_time():
    moved = [registration(f"p{n}", practice_code="P00002", registered_from=D(2010 + n, 1, 1)) for n in range(1, 5)]
    gone = registration("p2", registered_to=D(2023, 1, 1), death_date=D(2023, 5, 1))
    other = registration("p3", birth_month=D(1950, 2, 1), registered_to=AS_OF)
    rows = registrations(*moved, gone, other, registration("p4", registered_from=AS_OF)).sort("person")
    some = [registered(rows.filter(pl.col("person").is_in(people)), AS_OF) for people in ([0], [1, 2], [3, 4])]
    assert pl.concat(some).equals(registered(rows, AS_OF))
    assert registered(rows, AS_OF)["person"].to_list() == [1, 3, 4]


def test_people_are_known_from_their_first_registration_before_the_date():
    rows = [registration("p1", registered_from=D(year, 1, 1)) for year in (2012, 2010, 2020)]
    only, new = registration("p2", registered_from=D(2015, 1, 1)), registration("p3", registered_from=AS_OF)
    assert found(*rows, only, new)["known_from"].to_list() == [D(2010, 1, 1), D(2015, 1, 1), None]


def test_overlapping_rows_the_latest_start_gives_the_practice():
    person = one(
        registration("p1", practice_code="P00002", registered_from=D(2015, 1, 1)),
        registration("p1", practice_code="P00001", registered_from=D(2010, 1, 1)),
        registration("p1", practice_code="P00009", registered_from=D(2016, 1, 1), registered_to=D(2017, 1, 1)),
    )
    assert person["practice_code"] == "P00002"


def test_sex_and_birth_month_are_of_the_newest_row_that_began_before():
    person = one(
        registration("p1", registered_from=D(2010, 1, 1), sex="2", birth_month=D(1960, 1, 1)),
        registration(
            "p1", registered_from=D(2016, 1, 1), registered_to=D(2017, 1, 1), sex="9", birth_month=D(1961, 1, 1)
        ),
        registration("p1", registered_from=AS_OF, sex="1", birth_month=D(1962, 1, 1), practice_code="P00002"),
    )
    assert (person["sex"], person["birth_month"], person["practice_code"]) == ("9", D(1961, 1, 1), "P00002")


def test_a_row_that_begins_on_the_as_of_date_tells_when_there_is_no_other():
    assert one(registration("p1", registered_from=AS_OF, sex="1"))["sex"] == "1"


def test_what_features_use_of_the_address_is_known_before():
    person = one(
        registration("p1", registered_from=D(2010, 1, 1), lsoa_code="E01000001", household_id="h1"),
        registration("p1", registered_from=AS_OF, lsoa_code="E01000002", household_id="h2"),
    )
    assert (person["lsoa_code"], person["household_id"]) == ("E01000001", "h1")


@pytest.mark.parametrize(
    ("birth", "age"),
    [(D(1960, 1, 1), 64), (D(1960, 2, 1), 63), (D(1959, 12, 1), 64), (D(2023, 12, 1), 0), (D(2023, 1, 1), 1)],
)
def test_age_is_whole_years_from_the_first_of_the_birth_month(birth, age):
    assert one(registration("p1", birth_month=birth))["age"] == age


def test_age_on_a_leap_day():
    assert found(registration("p1", birth_month=D(2000, 2, 1)), as_of=D(2024, 2, 29))["age"].to_list() == [24]


def test_age_bands_begin_where_they_say():
    ages = pl.DataFrame({"age": [0, 17, 18, 39, 40, 64, 65, 74, 75, 84, 85, 110]})
    bands = ["0-17"] * 2 + ["18-39"] * 2 + ["40-64"] * 2 + ["65-74"] * 2 + ["75-84"] * 2 + ["85+"] * 2
    assert ages.select(band=age_band(pl.col("age")))["band"].to_list() == bands


def test_who_leaves_on_the_as_of_date_was_there_the_day_before_and_who_returns_was_not():
    people = registered(
        registrations(
            registration("p1", registered_to=AS_OF),
            registration("p2", registered_from=D(2010, 1, 1), registered_to=D(2015, 1, 1)),
            registration("p2", registered_from=AS_OF),
            registration("p3", registered_to=D(2023, 12, 31)),
        ),
        AS_OF,
    )
    assert people.select("person_id", "on_list", "settled").rows() == [("p1", False, True), ("p2", True, False)]
    assert cohort(people, PRACTICES, None, 0)[0]["person_id"].to_list() == ["p2"]


def test_which_of_two_addresses_counts_does_not_tell_when_one_is_left():
    other = registration("p1", registered_from=D(2012, 1, 1), household_id="h1")
    for end in (AS_OF, D(2025, 1, 1), None):
        newest = registration("p1", registered_from=D(2016, 1, 1), registered_to=end, household_id="h2")
        same_day = {**other, "registered_from": D(2016, 1, 1), "household_id": "h3"}
        assert one(other, newest)["household_id"] == "h2"
        assert one(same_day, newest)["household_id"] == one(same_day, {**newest, "registered_to": None})["household_id"]


def test_minimum_age_clusters_and_deciles():
    people = found(
        registration("p1", birth_month=D(2006, 1, 1), lsoa_code="E01000001"),
        registration("p2", birth_month=D(2006, 2, 1)),
        registration("p3", practice_code="P00002"),
    )
    areas = pl.DataFrame({"lsoa_code": ["E01000001"], "imd_decile": [3]})
    grown, notices = cohort(people, PRACTICES, areas, 18)
    assert grown.select("person_id", "cluster_code", "imd_decile").rows() == [("p1", "C1", 3), ("p3", "C2", None)]
    assert notices == []


def test_an_unknown_practice_and_disagreeing_rows_are_noticed():
    people = found(
        registration("p1", practice_code="P00007"),
        registration("p2"),
        registration("p2", registered_from=D(2010, 1, 1), sex="1"),
        registration("p3"),
        registration("p3", registered_from=D(2025, 1, 1), sex="1"),
    )
    clustered, notices = cohort(people, PRACTICES, None, 0)
    assert clustered["cluster_code"].to_list() == ["unassigned", "C1", "C1"]
    assert [notice.name for notice in notices] == ["unassigned_practice", "registrations_disagree"]
    assert [": 1;" in notices[0].detail, "of 1 person;" in notices[1].detail] == [True, True]


def test_rows_in_any_order_give_the_same_people():
    rows = [
        registration("p1", registered_from=D(2010, 1, 1), practice_code=code, sex=sex, lsoa_code=lsoa)
        for code in ("P00001", "P00002") for sex in ("1", "2") for lsoa in ("E01000001", None)
    ]  # fmt: skip
    assert found(*rows).equals(found(*reversed(rows)))


# ---- outcomes --------------------------------------------------------------------------------------------------------

END = D(2024, 12, 31)  # 365 days from 1 January of a leap year


def followed(*rows, admitted=(), discharged=None, horizon=365):
    table = registrations(*rows)
    dates = pl.DataFrame(
        {"person": [1] * len(admitted), "date": list(admitted)}, schema={"person": pl.Int32, "date": pl.Date}
    )
    stays = dates.with_columns(discharge_date=pl.lit(discharged, pl.Date))
    return outcomes(registered(table, AS_OF), table, dates, stays, AS_OF, horizon).row(0, named=True)


@pytest.mark.parametrize(
    ("admitted", "event", "days"),
    [(D(2023, 12, 31), False, None), (AS_OF, True, 0), (D(2024, 12, 30), True, 364), (END, False, None)],
)
def test_the_window_is_half_open(admitted, event, days):
    person = followed(registration("p1"), admitted=[admitted])
    assert (person["event"], person["days_to_event"]) == (event, days)


def test_the_first_event_counts():
    assert followed(registration("p1"), admitted=[D(2024, 5, 1), D(2024, 2, 1)])["days_to_event"] == 31


def test_a_death_without_the_outcome_is_a_known_non_event():
    person = followed(registration("p1", death_date=D(2024, 3, 1), registered_to=D(2024, 3, 2)))
    assert person == {
        "person": 1, "event": False, "days_to_event": None, "died": True, "left": False, "days_observed": 60, "bed_days": 0,
    }  # fmt: skip


def test_a_death_on_the_last_registered_day_or_the_day_after_is_no_leaving():
    for death in (D(2024, 3, 1), D(2024, 3, 2)):
        assert not followed(registration("p1", death_date=death, registered_to=D(2024, 3, 2)))["left"]
    assert followed(registration("p1", death_date=D(2024, 3, 3), registered_to=D(2024, 3, 2)))["left"]


def test_an_event_then_a_death_is_an_event():
    person = followed(registration("p1", death_date=D(2024, 4, 1)), admitted=[D(2024, 3, 1)])
    assert (person["event"], person["died"]) == (True, False)


def test_who_leaves_is_a_leaver_unless_the_outcome_came_before():
    gone = registration("p1", registered_to=D(2024, 3, 2))
    assert followed(gone)["left"]
    assert followed(gone)["days_observed"] == 61
    assert not followed(gone, admitted=[D(2024, 3, 1)])["left"]
    assert followed(gone, admitted=[D(2024, 3, 2)])["left"]


def test_leaving_at_the_end_of_the_window_is_not_leaving():
    assert not followed(registration("p1", registered_to=END))["left"]
    assert followed(registration("p1", registered_to=D(2024, 12, 30)))["left"]


def test_a_change_of_practice_without_a_gap_is_no_leaving():
    first = registration("p1", registered_to=D(2024, 3, 1))
    assert not followed(first, registration("p1", practice_code="P00002", registered_from=D(2024, 3, 1)))["left"]
    assert followed(first, registration("p1", practice_code="P00002", registered_from=D(2024, 3, 2)))["left"]


def test_bed_days_end_with_the_window():
    assert followed(registration("p1"), admitted=[D(2024, 12, 1)], discharged=D(2024, 12, 11))["bed_days"] == 10
    assert followed(registration("p1"), admitted=[D(2024, 12, 1)], discharged=D(2025, 3, 1))["bed_days"] == 30
    assert followed(registration("p1"), admitted=[D(2024, 12, 1)])["bed_days"] == 30


def gone_from(spans):
    """The first day from 0 on which no span is valid, day by day."""
    for day in range(30):
        if not any(start <= day < (end if end is not None else 99) for start, end in spans):
            return day
    return None


spans = st.lists(st.tuples(st.integers(-5, 20), st.one_of(st.none(), st.integers(-5, 25))), min_size=1, max_size=5)


@settings(max_examples=200)
@given(spans)
def test_leaving_day_by_day(spans):
    spans = [(start, end) for start, end in spans if end is None or end > start]
    expected = gone_from(spans)
    if expected == 0:
        return

    def day(number):
        return None if number is None else AS_OF + dt.timedelta(days=number)

    rows = [registration("p1", registered_from=day(start), registered_to=day(end)) for start, end in spans]
    found = unregistered_from(registrations(*rows), AS_OF)["gone_from"].to_list()
    assert found == ([] if expected is None else [day(expected)])
