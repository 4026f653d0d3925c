"""Paths, date formats and kinds of diagnosis codes, guessed from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.drafting.guess import guesses
from pipeline.drafting.sections import Section, section

FORMATS = {
    "2019-05-01": None,
    "20190501": None,
    "2019-05-01 10:30:00": None,
    "25/12/2019": "%d/%m/%Y",
    "04/03/2019": "%d/%m/%Y",
    "25-Dec-2019": "%d-%b-%Y",
    "25.12.2019": "%d.%m.%Y",
    "12/25/2019": "%m/%d/%Y",
}


def made(tmp_path: Path, rows: str, name: str = "a.csv") -> Section:
    path = tmp_path / name
    path.write_text(f"person_id,admission_date,admission_method,diag_01\n{rows}")
    return section("admissions", [(guesses(path)[0], path)], tmp_path)


@pytest.mark.parametrize(("written", "found"), FORMATS.items(), ids=FORMATS)
def test_the_date_format_is_said_where_it_is_needed(tmp_path: Path, written: str, found: str | None) -> None:
    one = made(tmp_path, f"p1,{written},21,I50\n")
    assert one.date_format == found
    assert not one.unreadable_dates


def test_dates_that_no_format_reads_are_reported(tmp_path: Path) -> None:
    assert made(tmp_path, "p1,the first of May,21,I50\n").unreadable_dates


@pytest.mark.parametrize(("code", "system"), [("I50", None), ("4280", "icd9"), ("", None)])
def test_the_kind_of_diagnosis_codes(tmp_path: Path, code: str, system: str | None) -> None:
    assert made(tmp_path, f"p1,2019-05-01,21,{code}\n").diag_system == system


def test_a_glob_takes_exactly_the_files_of_the_table(tmp_path: Path) -> None:
    for name in ("apc_2019.csv", "apc_2020.csv"):
        made(tmp_path, "", name)
    found = [(guesses(tmp_path / name)[0], tmp_path / name) for name in ("apc_2019.csv", "apc_2020.csv")]
    assert section("admissions", found, tmp_path).path == "apc_*.csv"
    (tmp_path / "apc_notes.csv").write_text("a,b\n")
    assert section("admissions", found, tmp_path).path == "apc_20*.csv"
    (tmp_path / "apc_20_notes.csv").write_text("a,b\n")
    assert section("admissions", found, tmp_path).path == "apc_2019.csv"
