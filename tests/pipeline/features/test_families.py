"""Features of each family have the expected values for people written by hand."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest

from data_schemas.feature_parts import part_path, read_part
from pipeline.events import build_log
from pipeline.features.scores import DEFICITS, ONE_DEFICIT, deficits
from pipeline.snapshots import take
from tests.pipeline.extracts import AS_OF, ingested, registration, site

D = dt.date
JUNE, LONG_AGO = D(2023, 6, 1), D(2010, 1, 1)
OLD, ADULT, CHILD = D(1940, 1, 1), D(1984, 1, 1), D(2014, 1, 1)


def coded(person, code, happened=JUNE, value=None):
    return {"person_id": person, "event_date": happened, "code": code, "value": value}


def person(name, household=None, birth=ADULT, since=LONG_AGO, **columns):
    return registration(name, household_id=household, birth_month=birth, registered_from=since, **columns)


def features(folder, registrations, codelists="", **tables):
    """Values by person and feature."""
    configured = site(folder, codelists=codelists)
    ingest = ingested(folder, registrations=registrations, **tables)
    taken = take(configured, ingest, build_log(configured, ingest, folder), AS_OF, folder)
    cohort = pl.read_parquet(taken.folder / "cohort.parquet", columns=["person", "person_id"])
    frame = cohort.join(read_part(part_path(taken.folder, 0)), on="person")
    return {row.pop("person_id"): row for row in frame.iter_rows(named=True)}


def values_of(found, *names):
    return {who: tuple(row[name] for name in names) for who, row in found.items()}


def test_households(tmp_path):
    found = features(tmp_path, [
        person("alone", "h1", OLD),
        person("husband", "h2", OLD), person("wife", "h2", OLD),
        person("parent", "h3"), person("son", "h3", CHILD),
        person("carer", "h4"), person("cared", "h4"),
        person("nowhere"),
        *(person(f"many{n}", "h5") for n in range(8)),
        *(person(f"resident{n}", "h6", OLD) for n in range(12)),
    ], gp_events=[coded("cared", "925861000000102")])  # fmt: skip
    names = (
        "household_size",
        "household_alone",
        "older_partner_only",
        "frail_partner_only",
        "lone_parent",
        "children_at_home",
    )
    assert {who: values for who, values in values_of(found, *names).items() if not who[-1].isdigit()} == {
        "alone": (1, 1, 0, 0, 0, 0),
        "husband": (2, 0, 1, 0, 0, 0),
        "wife": (2, 0, 1, 0, 0, 0),
        "parent": (2, 0, 0, 0, 1, 1),
        "son": (2, 0, 0, 0, 0, 0),
        "carer": (2, 0, 0, 1, 0, 0),
        "cared": (2, 0, 0, 0, 0, 0),
        "nowhere": (None,) * 6,
    }
    assert values_of(
        found, "crowded_address", "communal_address", "lives_with_others", "lives_alone", "older_alone"
    ) == {
        **dict.fromkeys(found, (0, 0, 1, 0, 0)),
        "alone": (0, 0, 0, 1, 1),
        "nowhere": (None, None, 0, 0, 0),
        **{f"many{n}": (1, 0, 1, 0, 0) for n in range(8)},
        **{f"resident{n}": (0, 1, 0, 0, 0) for n in range(12)},
    }


def test_changes_of_a_household_in_the_year_before(tmp_path):
    found = features(tmp_path, [
        person("stays", "h1"),
        person("new", "h1", since=D(2023, 3, 1)),
        person("gone", "h1", registered_to=D(2023, 5, 1)),
        person("dead", "h1", registered_to=D(2023, 6, 2), death_date=D(2023, 6, 1)),
        person("long_gone", "h1", registered_to=D(2021, 5, 1)),
        person("dies_later", "h2", death_date=D(2024, 5, 1)),
        person("joins_today", "h2", since=AS_OF),
    ])  # fmt: skip
    names = ("household_size", "household_joined_1y", "household_left_1y", "household_death_1y")
    assert values_of(found, *names) == {
        "stays": (2, 1, 2, 1),
        "new": (2, 1, 2, 1),
        "dies_later": (1, 0, 0, 0),
        "joins_today": (None,) * 4,
    }


def test_only_those_who_come_and_die_at_an_address_change_it(tmp_path):
    """A person who moved out long before dying, or only changed practice, changes nothing. One who left and came back
    has joined.
    """
    found = features(tmp_path, [
        person("stays", "h1"),
        person("dead", "h1", registered_to=D(2021, 5, 1), death_date=JUNE), person("dead", "h9", since=D(2021, 5, 1), death_date=JUNE),
        person("changed", "h1", registered_to=D(2023, 5, 1)), person("changed", "h1", since=D(2023, 5, 1), practice_code="P00002"),
        person("back", "h1", registered_to=D(2020, 5, 1)), person("back", "h1", since=D(2023, 5, 1)),
        person("widow", "h9"),
    ])  # fmt: skip
    names = ("household_size", "household_joined_1y", "household_left_1y", "household_death_1y")
    here = (3, 1, 0, 0)
    assert values_of(found, *names) == {"stays": here, "changed": here, "back": here, "widow": (1, 0, 0, 1)}


def test_who_moved_within_the_borough_is_known_for_longer_than_who_came_to_it(tmp_path):
    moved, back = D(2023, 12, 2), D(2023, 12, 22)
    found = features(tmp_path, [
        person("moved", since=D(2020, 1, 1), registered_to=moved), person("moved", since=moved),
        person("came", since=moved),
        person("returned", since=D(2022, 1, 1), registered_to=D(2022, 6, 1)), person("returned", since=back),
    ])  # fmt: skip
    assert values_of(found, "registered_days", "known_days") == {
        "moved": (30, 1461),
        "came": (30, 30),
        "returned": (10, 730),
    }


def test_the_area(tmp_path):
    areas = [{"lsoa_code": "E01000001", "imd_decile": 2, "crime_decile": 7, "loneliness_percent": 8.5}]
    found = features(
        tmp_path, [person("here", lsoa_code="E01000001"), person("there", lsoa_code="E01000002")], areas=areas
    )
    names = ("imd_decile", "crime_decile", "most_deprived_fifth", "area_loneliness_percent", "income_decile")
    assert values_of(found, *names) == {"here": (2, 7, 1, 8.5, None), "there": (None,) * 5}


def test_frequent_attendance_against_the_practice(tmp_path):
    visits = {"often": 13, "seldom": 3, **dict.fromkeys(("never", "nor_ever", "nor_she"), 0), "elsewhere": 13, "few": 5}
    appointments = [
        {"person_id": who, "appointment_date": D(2023, 5, 1 + n), "status": "attended"}
        for who, count in visits.items()
        for n in range(count)
    ]
    homes = {"elsewhere": "P00002", "few": "P00003", "quiet": "P00003"}
    people = [person(who, practice_code=homes.get(who, "P00001")) for who in (*visits, "quiet")]
    people += [person(f"quiet{n}", practice_code="P00003") for n in range(8)]
    found = values_of(
        features(tmp_path, people, appointments=appointments),
        "practice_gp_appointments", "gp_appointments_over_norm", "frequent_attender",
    )  # fmt: skip
    assert {who: values for who, values in found.items() if not who[-1].isdigit()} == {
        "often": (pytest.approx(3.2), pytest.approx(9.8), 1),
        "seldom": (pytest.approx(3.2), pytest.approx(-0.2), 0),
        **dict.fromkeys(("never", "nor_ever", "nor_she"), (pytest.approx(3.2), pytest.approx(-3.2), 0)),
        "elsewhere": (13, 0, 0),
        "few": (0.5, 4.5, 0),
        "quiet": (0.5, -0.5, 0),
    }


def test_the_unseen(tmp_path):
    found = features(
        tmp_path,
        [person("seen"), person("missed"), person("unseen")],
        appointments=[
            {"person_id": "seen", "appointment_date": D(2023, 9, 1), "status": "attended"},
            {"person_id": "missed", "appointment_date": D(2023, 12, 1), "status": "dna"},
            {"person_id": "missed", "appointment_date": D(2023, 11, 1), "status": "attended"},
        ],
        attendances=[{"person_id": "seen", "arrival_date": D(2023, 12, 31), "department_type": "03"}],
    )
    names = ("days_since_any_contact", "months_since_any_contact", "contacts_1y", "gp_missed_share_3y")
    assert values_of(found, *names) == {
        "seen": (1, 0, 2, 0),
        "missed": (61, 2, 1, 0.5),
        "unseen": (None, None, 0, None),
    }


def test_charlson_counts_only_the_severer_stage(tmp_path):
    stays = {
        "mild": ["E119"],
        "both": ["E119", "E112"],
        "spread": ["C50", "C78"],
        "heart": ["I500", "J449"],
        "none": [],
    }
    admissions = [
        {
            "person_id": who, "admission_date": D(2022, 5, 1), "discharge_date": D(2022, 5, 3), "admission_method": "21",
            **{f"diag_{n:02d}": code for n, code in enumerate(codes, 1)},
        }
        for who, codes in stays.items()
    ]  # fmt: skip
    found = features(tmp_path, [person(who) for who in stays], admissions=admissions)
    # Quan 2011: diabetes 0, with complications 1, cancer 2, metastatic 6, heart failure 2, chronic lung disease 1
    assert values_of(found, "charlson_index") == {
        "mild": (0,),
        "both": (1,),
        "spread": (6,),
        "heart": (3,),
        "none": (0,),
    }


def test_hospital_frailty_counts_each_category_once(tmp_path):
    def stay(who, admitted, *codes):
        return {
            "person_id": who, "admission_date": admitted, "discharge_date": admitted, "admission_method": "21",
            **{f"diag_{n:02d}": code for n, code in enumerate(codes, 1)},
        }  # fmt: skip

    admissions = [
        stay("twice", D(2023, 5, 1), "F00.1", "R29.6"),
        stay("twice", D(2023, 6, 1), "F009", "W19"),
        stay("old", D(2021, 6, 1), "F00"),
        stay("recent_again", D(2021, 6, 1), "F00"),
        stay("recent_again", D(2023, 6, 1), "F00"),
    ]
    found = features(tmp_path, [person(who) for who in ("twice", "old", "recent_again")], admissions=admissions)
    # Gilbert 2018: F00 7.1, R29 3.6, W19 3.2
    points = {who: values[0] for who, values in values_of(found, "frailty_points_2y").items()}
    assert points == {"twice": pytest.approx(13.9), "old": 0, "recent_again": pytest.approx(7.1)}
    assert values_of(found, "hospital_frailty_raised", "hospital_frailty_high")["twice"] == (1, 0)


def test_frailty_index_is_a_share_of_thirty_six(tmp_path):
    falls, stroke, tia, copd = "161898004", "230690007", "266257000", "13645005"
    events = [coded("some", code) for code in (falls, stroke, tia, copd)]
    found = features(tmp_path, [person("some"), person("none")], gp_events=events)
    assert found["none"]["frailty_index"] == 0
    known = sum(found["some"][name] for name in ("function_falls_ever", "condition_stroke_ever", "condition_copd_ever"))
    assert known >= 2
    assert found["some"]["frailty_index"] == pytest.approx(known / 36)


def test_frailty_index_of_somebody_with_every_deficit_is_one():
    every = pl.DataFrame({name: [1.0, 0.0] for name in DEFICITS})
    assert every.select(deficits() / 36).to_series().to_list() == [1, 0]
    for pair in ONE_DEFICIT:
        both = every.with_columns(pl.lit(float(name in pair)).alias(name) for name in DEFICITS)
        assert both.select(deficits()).to_series().to_list() == [1, 1]


def test_measurements(tmp_path):
    egfr, systolic = "1011481000000105", "271649006"
    events = [
        coded("a", systolic, D(2021, 6, 1), 150), coded("a", systolic, D(2023, 6, 1), 162), coded("a", systolic, D(2023, 6, 1), 170),
        coded("a", egfr, D(2023, 6, 1), 40),
    ]  # fmt: skip
    found = features(tmp_path, [person("a"), person("b")], gp_events=events)
    names = (
        "measure_systolic_latest",
        "systolic_change_3y",
        "systolic_high",
        "systolic_mean_3y",
        "measures_never_taken",
    )
    assert values_of(found, *names)["b"] == (None, None, 0, None, 3)
    assert found["a"]["measure_systolic_latest"] == 170
    assert found["a"]["systolic_change_3y"] == 20
    assert found["a"]["systolic_high"] == 1
    assert found["a"]["systolic_mean_3y"] == pytest.approx(482 / 3)


def test_smoking_goes_by_the_latest_entry(tmp_path):
    smoker, ex = "77176002", "8517006"
    events = [
        coded("gave_up", smoker, D(2020, 1, 1)), coded("gave_up", ex, D(2022, 1, 1)),
        coded("began", ex, D(2020, 1, 1)), coded("began", smoker, D(2022, 1, 1)),
    ]  # fmt: skip
    found = features(tmp_path, [person("gave_up"), person("began"), person("unknown")], gp_events=events)
    assert values_of(found, "smokes_now", "does_not_smoke", "smoking_known") == {
        "gave_up": (0, 1, 1),
        "began": (1, 0, 1),
        "unknown": (0, 0, 0),
    }


def test_polypharmacy(tmp_path):
    sections = ("0201", "0205", "0212", "0403", "0601")
    items = [
        {"person_id": "many", "issue_date": D(2023, 12, 1), "bnf_code": f"{section}010A0"} for section in sections * 2
    ]
    found = features(
        tmp_path, [person("many"), person("few")], prescriptions=[*items, {**items[0], "person_id": "few"}]
    )
    names = ("medicine_groups_90d", "polypharmacy", "high_polypharmacy", "prescribed_items_90d")
    assert values_of(found, *names) == {"many": (5, 1, 0, 10), "few": (1, 0, 0, 1)}


def test_loneliness_likelihood_shows_its_parts(tmp_path):
    bereaved, hypertension, copd, housebound = "33553000", "38341003", "13645005", "160689007"
    found = features(
        tmp_path,
        [person("widow", "h1", D(1945, 1, 1)), person("wife", "h2", D(1945, 1, 1)), person("man", "h2", D(1945, 1, 1)),
         person("student", birth=D(2004, 1, 1)), person("child", birth=D(2016, 1, 1)), person("limited", birth=D(1970, 1, 1))],
        gp_events=[coded("widow", bereaved), coded("widow", hypertension), coded("widow", copd), coded("limited", housebound),
                   coded("limited", hypertension), coded("limited", copd)],
    )  # fmt: skip
    parts = ("loneliness_part_age", "loneliness_part_health", "loneliness_part_widowed", "loneliness_part_household")
    expected = (-0.3542, 1.5819, 1.0317, 0.0)
    assert values_of(found, *parts)["widow"] == pytest.approx(expected)
    odds = math.exp(-2.62 - 1.4 + sum(expected))
    assert found["widow"]["loneliness_likelihood"] == pytest.approx(odds / (1 + odds), rel=1e-5)
    assert found["wife"]["loneliness_likelihood"] == pytest.approx(
        1 / (1 + math.exp(2.62 + 1.4 + 0.3542 + 1.0402)), rel=1e-5
    )
    assert found["student"]["loneliness_likelihood"] == pytest.approx(1 / (1 + 0.97 / 0.03 / 2.7), rel=1e-5)
    assert found["limited"]["loneliness_likelihood"] == pytest.approx(0.14, rel=1e-5)
    assert found["child"]["loneliness_likelihood"] is None


def test_loneliness_recorded_by_code_or_by_a_sites_scale(tmp_path):
    lists = "loneliness.ucla3,local,UCLA3,UCLA 3-item score\nsocial.prescribing_offered,local,SPO,Social prescribing offered\n"
    events = [
        coded("coded", "267076002"),
        coded("scored", "UCLA3", value=7),
        coded("content", "UCLA3", value=4),
        coded("content", "SPO"),
    ]
    found = features(tmp_path, [person(who) for who in ("coded", "scored", "content")], lists, gp_events=events)
    names = ("recorded_lonely", "ucla3_latest", "ucla3_lonely", "known_lonely", "social_prescribing_offered_2y")
    assert values_of(found, *names) == {
        "coded": (1, None, 0, 1, 0),
        "scored": (0, 7, 1, 1, 0),
        "content": (0, 4, 0, 0, 1),
    }


def test_strengths(tmp_path):
    flu = "822851000000102"
    appointments = [{"person_id": "strong", "appointment_date": D(2023, 5, n), "status": "attended"} for n in (1, 2)]
    found = features(
        tmp_path,
        [person("strong", "h1"), person("other", "h1")],
        gp_events=[coded("strong", flu)],
        appointments=appointments,
    )
    names = ("flu_vaccinated_1y", "keeps_appointments", "lives_with_others", "settled_at_address", "strengths")
    assert values_of(found, *names) == {"strong": (1, 1, 1, 1, 3), "other": (0, 0, 1, 1, 1)}


def test_tenure_crowding_and_self_management_by_a_sites_codes(tmp_path):
    lists = (
        "social.rented_home,local,RENT,Rented home\nsocial.owned_home,local,OWN,Own home\n"
        "social.overcrowded,local,CROWD,Overcrowded home\nstrength.self_management,local,PLAN,Self-management plan\n"
    )
    events = [coded("tenant", "RENT"), coded("tenant", "CROWD"), coded("owner", "OWN"), coded("owner", "PLAN")]
    found = features(tmp_path, [person("tenant"), person("owner")], lists, gp_events=events)
    names = ("rents_home", "owns_home", "overcrowded_home", "self_management_reviewed_1y", "strengths")
    assert values_of(found, *names) == {"tenant": (1, 0, 1, 0, 0), "owner": (0, 1, 0, 1, 1)}
