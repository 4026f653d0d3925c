"""Snapshots end to end: their content, without anything from the as-of date or later."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_schemas.errors import ConfigurationError
from data_schemas.feature_parts import scan_parts
from pipeline.events import build_log, write_log
from pipeline.features.catalogue import features_of
from pipeline.outcomes import outcomes
from pipeline.snapshots import take, take_all, untaken
from tests.pipeline.extracts import AS_OF, ingested, registration, site

D = dt.date
FROM_TO = ("admission_date", "discharge_date")
LISTS = "lonely,local,LON,Lonely\nbmi,local,BMI,Body mass index\nfall,icd10,W19,Fall\n"


def snapshot(folder, *, as_of=AS_OF, store=None, tables, **run):
    store = store or folder
    configured = site(folder, codelists=LISTS, **run)
    ingest = ingested(store, **tables)
    return take(configured, ingest, build_log(configured, ingest, store), as_of, store)


def features(taken):
    return scan_parts(taken.folder).collect()


def test_what_a_snapshot_holds(tmp_path):
    tables = {
        "registrations": [
            registration("b"),
            registration("a", sex="1", birth_month=D(2010, 1, 1)),
            registration("c", practice_code="P99999"),
        ],
        "admissions": [
            {"person_id": "b", "admission_method": "21", "diag_01": "W19", **dict(zip(FROM_TO, days, strict=True))}
            for days in ((D(2023, 6, 1), D(2023, 6, 8)), (D(2024, 6, 1), D(2024, 6, 3)))
        ],
        "gp_events": [{"person_id": "c", "event_date": D(2023, 7, 1), "code": "BMI", "value": 31.5}],
    }
    taken = snapshot(tmp_path, tables=tables)
    text = json.loads((taken.folder / "snapshot.json").read_text())
    frame = features(taken)
    cohort = pl.read_parquet(taken.folder / "cohort.parquet")
    outcome = pl.read_parquet(taken.folder / "outcomes" / "unplanned_admission-365.parquet")
    assert frame.columns == ["person", *(feature["name"] for feature in text["features"])]
    assert set(frame.drop("person").dtypes) == {pl.Float32}
    assert frame.schema["person"] == pl.Int32
    assert cohort["person_id"].to_list() == ["a", "b", "c"]
    assert cohort["cluster_code"].to_list() == ["C1", "C1", "unassigned"]
    assert frame["person"].to_list() == cohort["person"].to_list() == outcome["person"].to_list() == [0, 1, 2]
    assert frame["emergency_admissions_1y"].to_list() == [0, 1, 0]
    assert frame["emergency_bed_days_1y"].to_list() == [0, 7, 0]
    assert frame["fall_ever"].to_list() == [0, 1, 0]
    assert frame["bmi_latest"].to_list() == [None, None, 31.5]
    assert frame["age"].to_list() == [14, 64, 64]
    assert outcome["event"].to_list() == [False, True, False]
    assert text["rows"] == taken.rows == 3
    assert text["statistics"]["bmi_latest"] == {"missing_share": 2 / 3, "minimum": 31.5, "maximum": 31.5, "mean": 31.5}
    assert [notice.name for notice in taken.notices] == ["unassigned_practice"]


def test_outcomes_only_where_the_window_has_passed(tmp_path):
    tables = {"registrations": [registration("a")]}
    assert not (snapshot(tmp_path, tables=tables, as_of=D(2025, 1, 2)).folder / "outcomes").exists()
    assert (snapshot(tmp_path, tables=tables, as_of=D(2025, 1, 1)).folder / "outcomes").exists()


def test_other_outcomes_of_the_same_snapshot(tmp_path):
    tables = {
        "registrations": [
            registration("a"),
            registration("b", death_date=D(2024, 2, 1)),
            registration("c"),
            registration("d"),
        ],
        "admissions": [
            {"person_id": "a", "admission_date": D(2024, 3, 1), "admission_method": "21", "diag_01": "J44"},
            {"person_id": "c", "admission_date": D(2024, 3, 1), "admission_method": "21", "diag_01": "S72"},
            {"person_id": "d", "admission_date": D(2024, 3, 1), "admission_method": "11", "diag_01": "J44"},
        ],
        "attendances": [{"person_id": "d", "arrival_date": D(2024, 3, 1), "department_type": "01"}],
    }
    configured = site(tmp_path)
    ingest = ingested(tmp_path, **tables)
    taken = take(configured, ingest, build_log(configured, ingest, tmp_path), AS_OF, tmp_path)
    found = {
        name: pl.read_parquet(outcomes(configured, ingest, taken, name, 90))["event"].to_list()
        for name in ("unplanned_admission", "unplanned_or_death", "acsc_admission", "ae_attendance")
    }
    assert found == {
        "unplanned_admission": [True, False, True, False],
        "unplanned_or_death": [True, True, True, False],
        "acsc_admission": [True, False, False, False],
        "ae_attendance": [False, False, False, True],
    }


def test_an_outcome_without_its_table_says_so(tmp_path):
    with pytest.raises(ConfigurationError, match=r"extracts\.attendances"):
        snapshot(tmp_path, tables={"registrations": [registration("a")]}, outcome="ae_attendance")


def test_a_snapshot_is_taken_once_and_again_when_a_setting_changes(tmp_path):
    tables = {"registrations": [registration("a")]}
    first = snapshot(tmp_path, tables=tables)
    written = (first.folder / "snapshot.json").stat().st_mtime_ns
    assert snapshot(tmp_path, tables=tables) == first
    assert (first.folder / "snapshot.json").stat().st_mtime_ns == written
    assert snapshot(tmp_path, tables=tables, history_days=30).path != first.path
    assert snapshot(tmp_path, tables={"registrations": [registration("a", sex="1")]}).path != first.path


def test_the_same_rows_give_the_same_bytes(tmp_path):
    rows = [
        {"person_id": "a", "event_date": D(2023, 1, day), "code": "BMI", "value": 20.1 + day} for day in range(1, 29)
    ]
    tables = {"registrations": [registration("a")], "gp_events": rows}
    one = snapshot(tmp_path, store=tmp_path / "one", tables=tables)
    other = snapshot(tmp_path, store=tmp_path / "other", tables={**tables, "gp_events": rows[::-1]})
    assert one.fingerprint == other.fingerprint
    for file in ("features/part-0000.arrow", "cohort.parquet", "outcomes/unplanned_admission-365.parquet"):
        assert (one.folder / file).read_bytes() == (other.folder / file).read_bytes()


def test_a_sites_own_module(tmp_path):
    (tmp_path / "ours.py").write_text(
        "from pipeline.features.declare import count, years\n"
        'lonely_twice_5y = count("lonely", over=years(5), missing=0, means="times recorded as lonely in 5 years")\n'
    )
    rows = [{"person_id": "a", "event_date": D(year, 1, 1), "code": "LON"} for year in (2015, 2020, 2022)]
    tables = {"registrations": [registration("a")], "gp_events": rows}
    taken = snapshot(tmp_path, tables=tables, builtin=("demographic",), modules=("ours",))
    frame = features(taken)
    assert frame["lonely_twice_5y"].to_list() == [2]
    assert frame["lonely_ever"].to_list() == [1]
    assert "emergency_admissions_30d" not in frame.columns


# ---- no leakage ------------------------------------------------------------------------------------------------------

PEOPLE = ("a", "b", "c")
GONE = "d"
"""A person who once lived at one of the addresses and is not registered any more."""
before = st.integers(1, 500).map(lambda days: AS_OF - dt.timedelta(days=days))
after = st.one_of(st.just(AS_OF), st.integers(1, 400).map(lambda days: AS_OF + dt.timedelta(days=days)))
some = st.sampled_from
late_or_none = st.one_of(st.none(), after)


def rows_of(table, dates):
    """A row of the table that is known on a day drawn from `dates`."""
    shapes = {
        "gp_events": {
            "event_date": dates,
            "recorded_date": st.none(),
            "code": some(["LON", "BMI", "x"]),
            "value": st.floats(0, 99, width=16),
        },
        "prescriptions": {"issue_date": dates, "bnf_code": some(["0407020A0", "0403030D0", None])},
        "appointments": {
            "appointment_date": dates,
            "status": some(["attended", "dna"]),
            "mode": some(["video", "telephone", None]),
        },
        "attendances": {"arrival_date": dates, "department_type": some(["01", "03"]), "acuity": some(["1", "5", None])},
        "outpatients": {"appointment_date": dates, "attended": some(["5", "3"]), "first_attendance": some(["1", "2"])},
        "council_records": {"recorded_date": dates, "category": st.just("care_package"), "value": st.none()},
    }
    return st.fixed_dictionaries({"person_id": some(PEOPLE), **shapes[table]})


recorded_late = st.fixed_dictionaries(
    {
        "person_id": some(PEOPLE),
        "event_date": before,
        "recorded_date": after,
        "code": some(["LON", "BMI"]),
        "value": st.floats(0, 99, width=16),
    }
)
told_later = st.fixed_dictionaries(
    {
        "discharge_date": late_or_none,
        "episode_end": late_or_none,
        "discharge_method": some(["1", "8", None]),
        "discharge_destination": some(["19", None]),
        "diag_01": some(["J44", "W19", "I50", None]),
    }
)
"""What becomes known on or after the as-of date about a stay that began before it."""
stay = st.fixed_dictionaries(
    {
        "person_id": some(PEOPLE),
        "admission_method": some(["21", "11", "2A"]),
        "provider_code": some(["R", "S", None]),
        "episode_order": some([1, 2]),
    }
)
stay_before = st.tuples(stay, before, st.integers(0, 20), some(["1", "8", None]), some(["J44", "W19", None])).map(
    lambda drawn: {
        **drawn[0],
        "admission_date": drawn[1],
        "discharge_date": min(drawn[1] + dt.timedelta(days=drawn[2]), AS_OF - dt.timedelta(days=1)),
        "discharge_method": drawn[3],
        "diag_01": drawn[4],
    }
)
open_stay = st.tuples(stay, before).map(lambda drawn: {**drawn[0], "admission_date": drawn[1]})
stay_after = st.tuples(stay, after, told_later).map(lambda drawn: {**drawn[0], **drawn[2], "admission_date": drawn[1]})
episode_after = st.tuples(stay, before, after).map(
    lambda drawn: {**drawn[0], "admission_date": drawn[1], "episode_start": drawn[2]}
)
DATED = ("gp_events", "prescriptions", "appointments", "attendances", "outpatients", "council_records")


def few(rows, most=4):
    return st.lists(rows, max_size=most)


@st.composite
def late_worlds(draw):
    """Draw data that arrived on or after the as-of date: rows of every table, ends of open stays, later registrations,
    deaths and leaving."""
    return {
        **{table: draw(few(rows_of(table, after))) for table in DATED},
        "recorded_late": draw(few(recorded_late)),
        "admissions": draw(few(st.one_of(stay_after, episode_after))),
        "open_stays": draw(st.lists(told_later, min_size=3, max_size=3)),
        "ends": {person: draw(st.tuples(late_or_none, late_or_none)) for person in PEOPLE},
        "moved": draw(few(st.tuples(some((*PEOPLE, GONE)), after), 2)),
    }


def in_ended_stay(row, stays):
    """Whether another row ended the stay. The contract then dates all its diagnoses by that end, because an extract
    does not say when a row got its diagnosis."""
    return any(
        row["person_id"] == stay["person_id"]
        and stay["admission_date"] <= row["admission_date"] <= stay["discharge_date"]
        for stay in stays
    )


def tables_of(known, late):
    opens = [
        {**began, **ended, **({"diag_01": None} if in_ended_stay(began, known["admissions"]) else {})}
        for began, ended in zip(known["open_stays"], late["open_stays"], strict=False)
    ]
    registered = [
        {**known["people"][person], "registered_to": late["ends"][person][0], "death_date": late["ends"][person][1]}
        for person in PEOPLE
    ]
    moved = [
        registration(
            person, registered_from=day, sex="9", practice_code="P00002", household_id="h9", lsoa_code="E01000009"
        )
        for person, day in late["moved"]
    ]
    return {
        **{table: known[table] + late[table] for table in DATED},
        "gp_events": known["gp_events"] + late["gp_events"] + late["recorded_late"],
        "admissions": known["admissions"] + opens + late["admissions"],
        "registrations": [*registered, known["gone"], *moved],
        "areas": [{"lsoa_code": "E01000001", "imd_decile": 2}, {"lsoa_code": "E01000009", "imd_decile": 9}],
    }


@st.composite
def known_worlds(draw):
    return {
        **{table: draw(few(rows_of(table, before), 6)) for table in DATED},
        "admissions": draw(few(stay_before, 5)),
        "open_stays": draw(few(open_stay, 3)),
        "gone": registration(
            GONE, registered_from=D(2015, 1, 1), registered_to=draw(before), household_id=draw(some(["h1", "h2", None]))
        ),
        "people": {
            person: registration(
                person,
                registered_from=draw(before),
                household_id=draw(some(["h1", "h2", None])),
                lsoa_code=draw(some(["E01000001", None])),
                birth_month=draw(some([D(1930, 5, 1), D(1960, 1, 1), D(2015, 2, 1)])),
            )
            for person in PEOPLE
        },
    }


WORLDS = 2
"""This many worlds, each with its own people and households, share one set of extracts, so that they cost only one
snapshot.
"""


def side_by_side(worlds):
    """The tables of several worlds as one, with their people and households numbered apart."""
    together = {}
    for number, tables in enumerate(worlds):
        for name, rows in tables.items():
            own = {"person_id", "household_id"}
            marked = [{k: f"{v}-{number}" if k in own and v else v for k, v in row.items()} for row in rows]
            together.setdefault(name, []).extend(marked if number == 0 or name != "areas" else [])
    return together


@settings(max_examples=8)
@given(
    st.lists(st.tuples(known_worlds(), late_worlds(), late_worlds()), min_size=WORLDS, max_size=WORLDS), st.booleans()
)
def test_nothing_of_what_came_or_became_known_later_changes_a_feature(worlds, nobody_leaves):
    """People who register or leave on the date itself change who is listed, and where. For everybody else nothing
    changes."""
    if nobody_leaves:
        worlds = [(known, staying(one), staying(other)) for known, one, other in worlds]
    with tempfile.TemporaryDirectory() as folder:
        (found, cohort, *rest), (found_too, cohort_too, *rest_too) = (
            world(Path(folder) / name, side_by_side(tables_of(known, late[number]) for known, *late in worlds))
            for number, name in enumerate(("one", "other"))
        )
    both = cohort.join(cohort_too, on="person", how="semi").select("person")
    assert found.join(both, on="person").equals(found_too.join(both, on="person"))
    lived = pl.all().exclude("practice_code", "cluster_code")
    assert cohort.join(both, on="person").select(lived).equals(cohort_too.join(both, on="person").select(lived))
    if nobody_leaves or cohort["person"].equals(cohort_too["person"]):
        assert rest == rest_too


def staying(late):
    """Remove everybody who registers, leaves or dies. The cohort is then identical."""
    return {**late, "ends": dict.fromkeys(late["ends"], (None, None)), "moved": []}


def world(folder, tables):
    """The features, the cohort, the bytes of its part, and the notices except those about the registrations
    themselves."""
    folder.mkdir()
    taken = snapshot(folder, tables=tables, outcome="unplanned_admission")
    noticed = [notice for notice in taken.notices if notice.name != "registrations_disagree"]
    cohort = pl.read_parquet(taken.folder / "cohort.parquet")
    return features(taken), cohort, (taken.folder / "features" / "part-0000.arrow").read_bytes(), noticed


def test_several_dates_at_once_are_the_same_as_one_by_one(tmp_path):
    rows = [
        {"person_id": "a", "event_date": D(2023, 1, day), "code": "BMI", "value": 20.1 + day} for day in range(1, 29)
    ]
    configured = site(tmp_path, codelists=LISTS)
    dates = [D(2023, 1, 10), D(2023, 1, 20), AS_OF]
    taken = []
    for name in ("together", "apart"):
        store = tmp_path / name
        ingest = ingested(store, registrations=[registration("a")], gp_events=rows)
        log = build_log(configured, ingest, store)
        together = take_all(configured, ingest, log, dates, store) if name == "together" else []
        taken.append(
            [
                snapshot.fingerprint
                for snapshot in together or [take(configured, ingest, log, day, store) for day in dates]
            ]
        )
    assert taken[0] == taken[1]
    assert len(set(taken[0])) == 3


def test_buckets_change_nothing(tmp_path, monkeypatch):
    """Neighbours in another bucket count, whether registrations are worked out bucket by bucket or together."""
    people = [registration(f"p{n}", household_id=f"h{n // 3}", practice_code=f"A8100{n % 2}") for n in range(7)]
    seen = [
        {"person_id": f"p{n}", "appointment_date": D(2023, 6, 1 + n), "status": "attended"}
        for n in range(7)
        for _ in range(n)
    ]
    configured, taken = site(tmp_path, codelists=LISTS), []
    for bucket_people, buckets_at_once in ((100, 8), (2, 1), (2, 3), (1, 2)):
        for module in ("snapshots", "buckets"):
            monkeypatch.setattr(f"pipeline.{module}.BUCKET_PEOPLE", bucket_people)
        monkeypatch.setattr("pipeline.parts.BUCKETS_AT_ONCE", buckets_at_once)
        store = tmp_path / f"{bucket_people}-{buckets_at_once}"
        ingest = ingested(store, registrations=people, appointments=seen)
        log = write_log(features_of(configured).concepts, ingest, store, bucket_people)
        taken.append(features(take(configured, ingest, log, AS_OF, store)))
    assert taken[0]["household_size"].to_list() == [3, 3, 3, 3, 3, 3, 1]
    assert taken[0]["practice_gp_appointments"].to_list() == [3] * 7
    assert all(frame.equals(taken[0]) for frame in taken)


def test_one_more_date_takes_only_that_one(tmp_path):
    configured = site(tmp_path, codelists=LISTS)
    ingest = ingested(tmp_path, registrations=[registration("a")])
    log = build_log(configured, ingest, tmp_path)
    before = [D(2023, 1, 10), D(2023, 1, 20)]
    taken = take_all(configured, ingest, log, before, tmp_path)
    written = [(snapshot.folder / "snapshot.json").stat().st_mtime_ns for snapshot in taken]
    assert untaken(configured, log, [AS_OF, *before, AS_OF], tmp_path) == [AS_OF]
    again = take_all(configured, ingest, log, [AS_OF, *before], tmp_path)
    assert [(snapshot.folder / "snapshot.json").stat().st_mtime_ns for snapshot in again[1:]] == written
    assert untaken(configured, log, [AS_OF, *before], tmp_path) == []


def test_hospital_stays_are_as_each_date_knows_them_in_one_pass(tmp_path):
    """On the first date the stay is open, and its days up to then count. On the second it has ended."""
    configured = site(tmp_path, codelists=LISTS)
    stay = {
        "person_id": "a",
        "admission_date": D(2023, 1, 1),
        "discharge_date": D(2023, 1, 15),
        "admission_method": "21",
    }
    ingest = ingested(tmp_path, registrations=[registration("a")], admissions=[stay])
    log = build_log(configured, ingest, tmp_path)
    taken = take_all(configured, ingest, log, [D(2023, 1, 11), D(2023, 1, 20)], tmp_path)
    names = ["emergency_admissions_1y", "emergency_bed_days_1y"]
    rows = [scan_parts(snapshot.folder).select(names).collect().row(0) for snapshot in taken]
    assert rows == [(1, 10), (1, 14)]


def test_a_date_that_sees_less_than_the_look_back_says_so(tmp_path):
    configured = site(tmp_path, codelists=LISTS)
    ingest = ingested(tmp_path, registrations=[registration("a")])
    admissions = replace(ingest.tables["admissions"], covers=(D(2019, 1, 1), D(2026, 1, 1)))
    ingest = replace(ingest, tables={**ingest.tables, "admissions": admissions})
    log = build_log(configured, ingest, tmp_path)
    early, late = take_all(configured, ingest, log, [D(2023, 12, 31), D(2024, 1, 1)], tmp_path)
    assert [notice.detail for notice in early.notices] == [
        "as of 2023-12-31 features look back 1,826 days, but admissions are only there for 1,825"
    ]
    assert late.notices == []


OURS = """import polars as pl
from pipeline.features.declare import fact
known = fact(pl.any_horizontal(pl.col("practice_code", "age_band").is_not_null()).cast(pl.Float32), missing=0, means="x")
"""


def test_a_sites_own_fact_may_name_several_columns_at_once(tmp_path):
    (tmp_path / "ours.py").write_text(OURS)
    taken = snapshot(tmp_path, modules=("ours",), tables={"registrations": [registration("a"), registration("b")]})
    assert features(taken)["known"].to_list() == [1, 1]
