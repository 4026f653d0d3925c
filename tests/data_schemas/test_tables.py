"""The rules of each table on rows that break one each; what is declared about every column."""

import datetime as dt

import polars as pl
import pytest

from data_schemas.hospital import ADMISSION_METHOD, DIAGNOSES, DIAGNOSIS_PATTERNS, UNPLANNED_METHODS
from data_schemas.tables import (
    EVENT_DATE,
    EXTRACTS,
    LEGAL_BASIS,
    PERSON_TABLES,
    REQUIRED,
    TABLES,
    missing_columns,
    required_columns,
    rule_docs,
    rules,
)

DAY = dt.date(2024, 5, 17)
SOUND = {
    "registrations": {
        "person_id": "p1", "practice_code": "A12345", "registered_from": DAY, "registered_to": DAY, "birth_month": dt.date(1950, 3, 1),
        "sex": "1", "ethnicity": "A", "lsoa_code": "E01000001", "household_id": "h1", "death_date": None,
    },
    "gp_events": {"person_id": "p1", "event_date": DAY, "recorded_date": None, "code": "267076002", "value": 1.5, "unit": "mmHg"},
    "prescriptions": {"person_id": "p1", "issue_date": DAY, "bnf_code": None, "quantity": 28.0},
    "appointments": {"person_id": "p1", "appointment_date": DAY, "status": "dna", "mode": "telephone"},
    "admissions": {"person_id": "p1", "admission_date": DAY, "discharge_date": DAY, "admission_method": "2A", "diag_01": "J44.1"},
    "attendances": {"person_id": "p1", "arrival_date": DAY, "department_type": "01"},
    "outpatients": {"person_id": "p1", "appointment_date": DAY, "attended": "5"},
    "council_records": {"person_id": "p1", "recorded_date": DAY, "category": "care_package", "value": None},
    "interventions": {"person_id": "p1", "programme": "walks", "start_date": DAY, "end_date": DAY, "arm": "offered", "kind": "seen"},
    "opt_outs": {"person_id": "p1", "kind": "type1"},
    "areas": {"lsoa_code": "E01000001", "imd_rank": 5, "imd_decile": 1, "loneliness_percent": 6.6},
    "practices": {"practice_code": "A12345", "cluster_code": "C1", "list_size": 9000},
    "clusters": {"cluster_code": "C1", "capacity": 30},
}  # fmt: skip


def broken(table: str, *rows: dict[str, object]) -> list[list[str]]:
    """Names of the rules that each row breaks."""
    types = {name: column.dtype for name, column in TABLES[table].columns().items() if name in SOUND[table]}
    frame = pl.DataFrame([SOUND[table] | row for row in rows], schema=types, orient="row")
    found = frame.select(**{name: rule.fill_null(value=True) for name, rule in rules(table, frame.columns).items()})
    return [[name for name, good in row.items() if not good] for row in found.iter_rows(named=True)]


@pytest.mark.parametrize("table", TABLES)
def test_a_sound_row_breaks_no_rule(table):
    assert broken(table, {}) == [[]]


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_required_cell_breaks_its_own_rule_only(table):
    for column in required_columns(table):
        assert broken(table, {column: None}) == [[f"{column}.required"]]


@pytest.mark.parametrize(
    ("table", "column", "value", "rule"),
    [
        ("registrations", "person_id", "x" * 129, "person_id.length"),
        ("registrations", "practice_code", "A1234", "practice_code.pattern"),
        ("registrations", "practice_code", " A12345", "practice_code.pattern"),
        ("registrations", "birth_month", dt.date(1950, 3, 2), "birth_month.full_date"),
        ("registrations", "sex", "3", "sex.values"),
        ("registrations", "ethnicity", "I", "ethnicity.values"),
        ("registrations", "lsoa_code", "Z99999999", "lsoa_code.pattern"),
        ("registrations", "registered_to", DAY - dt.timedelta(days=1), "registered_to_before_registered_from"),
        ("gp_events", "value", float("inf"), "value.inf"),
        ("appointments", "status", "DNA", "status.values"),
        ("appointments", "mode", "letter", "mode.values"),
        ("admissions", "admission_method", "29", "admission_method.values"),
        ("admissions", "discharge_date", DAY - dt.timedelta(days=1), "discharge_before_admission"),
        ("attendances", "department_type", "1", "department_type.values"),
        ("outpatients", "attended", "1", "attended.values"),
        ("council_records", "category", "Care package", "category.pattern"),
        ("opt_outs", "kind", "type 1", "kind.values"),
        ("areas", "imd_decile", 11, "imd_decile.max"),
    ],
)
def test_each_rule_catches_what_breaks_it(table, column, value, rule):
    assert broken(table, {column: value}) == [[rule]]


def test_a_pseudonym_of_128_characters_is_long_enough_whatever_its_bytes():
    assert broken("registrations", {"person_id": "é" * 128}) == [[]]


@pytest.mark.parametrize(
    ("table", "key"), [("areas", "lsoa_code"), ("practices", "practice_code"), ("clusters", "cluster_code")]
)
def test_a_place_is_listed_once_and_the_first_row_counts(table, key):
    assert broken(table, {}, {}) == [[], [f"{key}.repeated"]]


@pytest.mark.parametrize("method", ADMISSION_METHOD)
def test_every_admission_method_of_hes_is_accepted(method):
    assert broken("admissions", {"admission_method": method}) == [[]]


def test_unplanned_methods_leave_out_transfers_and_births_at_home():
    emergencies = {code for code, means in ADMISSION_METHOD.items() if means.startswith("Emergency")}
    assert emergencies - set(UNPLANNED_METHODS) == {"2B", "2C"}
    assert set(UNPLANNED_METHODS) <= emergencies


def test_rules_on_absent_columns_are_left_out_and_missing_ones_are_named():
    assert set(rules("admissions", ["person_id", "admission_date"])) == {
        "person_id.required",
        "person_id.length",
        "admission_date.required",
    }
    assert missing_columns("admissions", ["person_id", "admission_date"]) == ["admission_method"]
    assert missing_columns("admissions", SOUND["admissions"]) == []


def test_starred_columns_are_those_of_the_contract():
    assert {table: required_columns(table) for table in TABLES} == {
        "registrations": ["person_id", "practice_code", "registered_from", "birth_month", "sex"],
        "gp_events": ["person_id", "event_date", "code"],
        "prescriptions": ["person_id", "issue_date"],
        "appointments": ["person_id", "appointment_date", "status"],
        "admissions": ["person_id", "admission_date", "admission_method"],
        "attendances": ["person_id", "arrival_date"],
        "outpatients": ["person_id", "appointment_date", "attended"],
        "council_records": ["person_id", "recorded_date", "category"],
        "interventions": ["person_id", "programme", "start_date"],
        "opt_outs": ["person_id", "kind"],
        "areas": ["lsoa_code"],
        "practices": ["practice_code", "cluster_code"],
        "clusters": ["cluster_code"],
    }


def test_every_column_says_what_it_means_and_where_it_comes_from():
    for schema in TABLES.values():
        for column in schema.columns().values():
            assert column.description
            assert column.metadata["source"]
        assert all(rule_docs(schema).values())


def test_what_is_said_about_tables_fits_them():
    assert set(REQUIRED) <= set(TABLES)
    assert (*TABLES, "community_assets") == EXTRACTS
    assert set(EVENT_DATE) | {"registrations", "opt_outs"} == set(PERSON_TABLES)
    assert set(LEGAL_BASIS) | {"opt_outs", "interventions"} == set(PERSON_TABLES)
    assert all(column in required_columns(table) for table, column in EVENT_DATE.items())
    assert all("row_id" in schema.column_names() for schema in TABLES.values())
    assert len(DIAGNOSES) == 20
    assert set(DIAGNOSES) <= set(TABLES["admissions"].column_names())


@pytest.mark.parametrize(
    ("system", "good", "bad"),
    [
        (
            "icd10",
            ["I10", "I10X", "J44.1", "J441", "M8445", "K52.9", "U071", "A09X"],
            ["", "4019", "J4", "hello", "J44 1", "-"],
        ),
        ("icd9", ["401", "4019", "428.0", "V1046", "E8490"], ["J441", "42", "40191X", ""]),
        ("any", ["401", "J441", "xyz"], ["", "a b"]),
    ],
)
def test_what_counts_as_a_well_formed_diagnosis(system, good, bad):
    matches = pl.Series([*good, *bad]).str.contains(DIAGNOSIS_PATTERNS[system]).to_list()
    assert matches == [True] * len(good) + [False] * len(bad)
