"""The events that each extract's rows become in the event log."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import replace

import polars as pl
import pytest

from data_schemas.disk import writing
from pipeline import events
from pipeline.concepts import Concepts
from tests.pipeline.extracts import ingested, registration

D = dt.date
LISTS = pl.DataFrame(
    [
        ("social.lonely", "snomed", "267076002", "Feeling lonely", True),
        ("social.any", "local", "267076002", "Anything social", False),
        ("measure.bmi", "snomed", "60621009", "BMI", True),
        ("rx.opioid", "bnf", "040702", "Opioids", True),
        ("rx.analgesic", "bnf", "0407", "Analgesics", True),
        ("condition.copd", "icd10", "J44", "COPD", True),
    ],
    schema=["concept", "system", "code", "term", "built_in"],
    orient="row",
)


def logged(tmp_path, concepts=None, **tables):
    """Person, concept, happened, known and value of the log, registrations left out."""
    concepts = concepts or Concepts(LISTS)
    ingest = ingested(tmp_path, registrations=[registration(p) for p in ("p1", "p2", "p3")], **tables)
    log = events.write_log(concepts, ingest, tmp_path, bucket_people=2)
    rows = pl.concat([pl.read_parquet(events.bucket_path(log.path, bucket)) for bucket in range(log.buckets)])
    assert rows.schema == pl.Schema(events.SCHEMA)
    assert rows.equals(rows.sort(*events.ORDER, nulls_last=True))
    names = {concept.id: concept.name for concept in concepts.all}
    lines = [
        (row["person"], names[row["concept"]], row["happened"], row["known"], row["value"])
        for row in rows.iter_rows(named=True)
    ]
    return [row for row in lines if row[1] != "registration.start"]


def concepts_of(rows):
    return sorted(row[1] for row in rows)


def test_a_value_that_is_no_finite_number_is_unknown(tmp_path):
    rows = logged(tmp_path, gp_events=[
        {"person_id": "p1", "event_date": D(2023, 1, day), "code": "60621009", "value": value}
        for day, value in enumerate((float("nan"), float("inf"), 1e300, 24.5), 1)
    ])  # fmt: skip
    assert [row[4] for row in rows if row[1] == "measure.bmi"] == [None, None, None, 24.5]


def test_a_gp_event_is_itself_and_what_the_code_lists_say(tmp_path):
    rows = logged(tmp_path, gp_events=[
        {"person_id": "p1", "event_date": D(2023, 1, 1), "recorded_date": D(2023, 2, 1), "code": "267076002"},
        {"person_id": "p3", "event_date": D(2023, 3, 1), "recorded_date": None, "code": "60621009", "value": 24.5},
        {"person_id": "p3", "event_date": D(2023, 3, 2), "recorded_date": None, "code": "26707600"},
    ])  # fmt: skip
    assert [row for row in rows if row[1] != "gp.event"] == [
        (0, "social.any", D(2023, 1, 1), D(2023, 2, 1), None),
        (0, "social.lonely", D(2023, 1, 1), D(2023, 2, 1), None),
        (2, "measure.bmi", D(2023, 3, 1), D(2023, 3, 1), 24.5),
    ]
    assert concepts_of(rows).count("gp.event") == 3


def test_diagnosis_and_medicine_codes_do_not_match_gp_events(tmp_path):
    rows = logged(tmp_path, gp_events=[
        {"person_id": "p1", "event_date": D(2023, 1, 1), "code": code} for code in ("J44", "0407")
    ])  # fmt: skip
    assert concepts_of(rows) == ["gp.event", "gp.event"]


def test_prescriptions_by_prefix_and_section(tmp_path):
    rows = logged(tmp_path, prescriptions=[
        {"person_id": "p1", "issue_date": D(2023, 1, 1), "bnf_code": "0407020A0AAAAAA"},
        {"person_id": "p1", "issue_date": D(2023, 1, 2), "bnf_code": "0407010H0AAAMAM"},
        {"person_id": "p1", "issue_date": D(2023, 1, 3), "bnf_code": None},
    ])  # fmt: skip
    assert [(row[1], row[2].day, row[4]) for row in rows] == [
        ("rx.item", 1, 407), ("rx.item", 2, 407), ("rx.item", 3, None),
        ("rx.analgesic", 1, None), ("rx.analgesic", 2, None), ("rx.opioid", 1, None),
    ]  # fmt: skip


def test_appointments_count_a_mode_only_when_attended(tmp_path):
    rows = logged(tmp_path, appointments=[
        {"person_id": "p1", "appointment_date": D(2023, 1, 1), "status": "attended", "mode": "video"},
        {"person_id": "p1", "appointment_date": D(2023, 1, 2), "status": "dna", "mode": "telephone"},
        {"person_id": "p1", "appointment_date": D(2023, 1, 3), "status": "cancelled", "mode": None},
    ])  # fmt: skip
    assert concepts_of(rows) == [
        "appointment.attended",
        "appointment.cancelled",
        "appointment.dna",
        "appointment.video",
    ]


def test_attendances(tmp_path):
    row = {"person_id": "p1", "arrival_date": D(2023, 1, 1)}
    rows = logged(tmp_path, attendances=[
        {**row, "department_type": "01", "acuity": "1064911000000105", "arrival_mode": "1", "discharge_destination": "306706006"},
        {**row, "department_type": "04", "acuity": "5", "arrival_mode": "2", "discharge_destination": "306689006"},
        {**row, "department_type": "02", "acuity": "3"},
    ])  # fmt: skip
    assert concepts_of(rows) == [
        "ae.admitted", "ae.ambulance", "ae.any", "ae.any", "ae.any",
        "ae.low_acuity", "ae.major", "ae.minor", "ae.specialty", "ae.urgent",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("attended", "first", "concepts"),
    [
        ("5", "1", ["outpatient.attended", "outpatient.first"]),
        ("6", "4", ["outpatient.attended", "outpatient.follow_up"]),
        ("3", "1", ["outpatient.dna"]),
        ("7", "2", ["outpatient.dna"]),
        ("4", None, ["outpatient.cancelled"]),
        ("0", "1", []),
    ],
)
def test_outpatients(tmp_path, attended, first, concepts):
    row = {"person_id": "p1", "appointment_date": D(2023, 1, 1), "attended": attended, "first_attendance": first}
    assert concepts_of(logged(tmp_path, outpatients=[row])) == concepts


def test_council_records_of_categories_that_a_feature_names(tmp_path):
    records = [
        {"person_id": "p1", "recorded_date": D(2023, 1, 1), "category": category, "value": 2.0}
        for category in ("care_package", "homeless_duty")
    ]
    rows = logged(tmp_path, Concepts(LISTS, ["council.care_package"]), council_records=records)
    assert [(row[1], row[4]) for row in rows] == [("council.care_package", 2)]


def test_registrations_start(tmp_path):
    ingest = ingested(tmp_path, registrations=[registration("p1")])
    log = events.write_log(Concepts(LISTS), ingest, tmp_path)
    assert (log.rows, log.buckets, log.people) == (1, 1, 1)


def test_columns_that_an_extract_does_not_have(tmp_path):
    rows = logged(
        tmp_path,
        gp_events=[{"person_id": "p1", "event_date": D(2023, 1, 1), "code": "x"}],
        prescriptions=[{"person_id": "p1", "issue_date": D(2023, 1, 1)}],
        appointments=[{"person_id": "p1", "appointment_date": D(2023, 1, 1), "status": "dna"}],
        attendances=[{"person_id": "p1", "arrival_date": D(2023, 1, 1), "department_type": "01"}],
    )
    assert concepts_of(rows) == ["ae.any", "ae.major", "appointment.dna", "gp.event", "rx.item"]


def test_a_log_that_is_there_is_taken_and_another_list_makes_it_again(tmp_path):
    ingest = ingested(tmp_path, registrations=[registration("p1")])
    first = events.write_log(Concepts(LISTS), ingest, tmp_path)
    made = events.bucket_path(first.path, 0).stat().st_mtime_ns
    assert events.write_log(Concepts(LISTS), ingest, tmp_path) == first
    assert events.bucket_path(first.path, 0).stat().st_mtime_ns == made
    assert events.write_log(Concepts(LISTS.head(2)), ingest, tmp_path).fingerprint != first.fingerprint


def test_an_interrupted_build_continues_with_the_bucket_it_had_reached(tmp_path, monkeypatch):
    ingest = ingested(tmp_path, registrations=[registration(p) for p in ("p1", "p2", "p3")])
    written, failed = [], []

    @contextmanager
    def fails_at_the_second(path):
        if path.name == "bucket-0001.parquet" and not failed:
            failed.append(path.name)
            raise InterruptedError
        with writing(path) as draft:
            yield draft
        written.append(path.name)

    monkeypatch.setattr(events, "writing", fails_at_the_second)
    with pytest.raises(InterruptedError):
        events.write_log(Concepts(LISTS), ingest, tmp_path, bucket_people=1)
    assert not (tmp_path / "events").exists()
    log = events.write_log(Concepts(LISTS), ingest, tmp_path, bucket_people=1)
    assert failed
    assert sorted(written) == ["bucket-0000.parquet", "bucket-0001.parquet", "bucket-0002.parquet"]
    assert log.rows == 3


def test_a_log_in_a_moved_folder_is_found_where_it_is_and_one_that_lacks_files_is_built_again(tmp_path):
    concepts, old, new = Concepts(LISTS), tmp_path / "old", tmp_path / "new"
    ingest = ingested(old, registrations=[registration("p1")])
    events.write_log(concepts, ingest, old)
    old.rename(new)
    moved = replace(
        ingest, tables={n: replace(t, path=str(new / "tables" / f"{n}.parquet")) for n, t in ingest.tables.items()}
    )
    log = events.write_log(concepts, moved, new)
    assert (log.path, log.concepts_path) == (str(new / "events"), str(new / "concepts.json"))
    events.bucket_path(log.path, 0).unlink()
    assert events.bucket_path(events.write_log(concepts, moved, new).path, 0).exists()


def test_a_column_of_a_bucket_is_read_in_one_piece(tmp_path):
    number = pl.int_range(300_000, eager=True)
    rows = pl.select(person=number, happened=number, known=number, concept=number % 9, value=number).cast(events.SCHEMA)
    path = tmp_path / "bucket-0000.parquet"
    events.write_bucket(rows, path)
    found = pl.read_parquet(path)
    assert found.n_chunks("all") == [1] * 5
    assert found.equals(rows)
