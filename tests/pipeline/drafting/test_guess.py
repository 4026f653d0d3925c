"""Which table a header means."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.drafting.guess import Guess, guesses

HEADERS = {
    "person_id,practice_code,registered_from,birth_month,sex,lsoa_code": ("registrations", None),
    "PSEUDO_HESID,ADMIDATE,ADMIMETH,DIAG_4_01": ("admissions", "hes-apc"),
    "practice_code,practice_name,cluster_code": ("practices", None),
    "cluster_code,cluster_name,capacity": ("clusters", None),
    "lsoa_code,imd_rank,imd_decile": ("areas", None),
    "person_id,kind": ("opt_outs", None),
    "person_id,issue_date,bnf_code": ("prescriptions", None),
    "person_id,appointment_date,attended,specialty": ("outpatients", None),
    "person_id,appointment_date,status": ("appointments", None),
}


def first(tmp_path: Path, header: str) -> Guess:
    path = tmp_path / "file.csv"
    path.write_text(f"{header}\n")
    return guesses(path)[0]


@pytest.mark.parametrize(("header", "meant"), HEADERS.items(), ids=HEADERS)
def test_the_table_and_profile_that_a_header_means(tmp_path: Path, header: str, meant: tuple[str, str | None]) -> None:
    guess = first(tmp_path, header)
    assert (guess.table, guess.profile) == meant
    assert guess.missing == ()


def test_columns_are_found_by_likeness(tmp_path: Path) -> None:
    guess = first(tmp_path, "Pseudonym,Admission Date,ADMIMETH,Discharge-Date")
    assert guess.table == "admissions"
    assert guess.missing == ()
    assert guess.columns["person_id"] == "Pseudonym"
    assert guess.columns["admission_date"] == "Admission Date"


def test_an_nhs_number_is_never_the_pseudonym(tmp_path: Path) -> None:
    guess = first(tmp_path, "patient_nhs_number,admission_date,admission_method,discharge_date")
    assert guess.missing == ("person_id",)


def test_a_profile_that_tells_rows_apart_gives_several_tables(tmp_path: Path) -> None:
    path = tmp_path / "visit_occurrence.csv"
    path.write_text("visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date\n")
    assert {guess.table for guess in guesses(path)} == {"admissions", "attendances", "outpatients", "appointments"}


@pytest.mark.parametrize("text", ["a,b,c\n1,2,3\n", "person_id,as_of,risk\np1,2026-04-01,0.1\n", "", "id\n"])
def test_a_file_of_something_else_is_no_table(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text)
    assert guesses(path) == []


def test_services_are_the_community_book_though_some_are_not_valid(tmp_path: Path) -> None:
    path = tmp_path / "services.json"
    path.write_text('[{"id": "1", "name": "Knit and natter", "status": "unknown"}]')
    assert [guess.table for guess in guesses(path)] == ["community_assets"]
    path.write_text('{"type": "FeatureCollection"}')
    assert guesses(path) == []
