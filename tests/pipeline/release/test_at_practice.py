from __future__ import annotations

import datetime as dt
import io

import openpyxl
import polars as pl
import pytest

from data_schemas.errors import ConfigurationError, DataRefused
from pipeline.release import at_practice
from pipeline.release.reidentify import Reidentified

TODAY = dt.date(2026, 4, 9)


@pytest.fixture
def found(published):
    """The first two people of a list, named."""
    rows = pl.read_csv(published() / "lists" / "C1" / "risk-list.csv", infer_schema=False).head(2).fill_null("")
    named = pl.DataFrame({"nhs_number": ["943 476 5919", "9434765870"], "name": ["Ann Example", "Bo Example"]})
    return Reidentified(pl.concat([named, rows], how="horizontal"), 0, 0)


def made(found, how, **given):
    identity = at_practice.identity_of(found.rows)
    return at_practice.made(found, how, identity=identity, **{"code": "", "on": TODAY, "reply_to": "", **given})


def test_what_is_not_of_the_list_says_who_people_are(found):
    assert at_practice.identity_of(found.rows) == ["nhs_number", "name"]


def test_the_workbook_has_names_and_its_outcomes_come_back_without(found, tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(made(found, "xlsx")))
    sheet = book["Everyone"]
    headings = [cell.value for cell in sheet[3]]
    assert headings[:4] == ["Rank", "Who", "Outcome", "Date of outcome"]
    assert "Ann Example" in sheet["B4"].value
    sheet["C5"], sheet["D5"] = "declined", "8 April 2026"
    book.save(tmp_path / "filled.xlsx")
    assert at_practice.outcomes(tmp_path / "filled.xlsx") == (
        b"person_id,outcome,outcome_date\r\np0002,Declined,2026-04-08\r\n"
    )


def test_a_workbook_without_an_outcome_says_so(found, tmp_path):
    (tmp_path / "empty.xlsx").write_bytes(made(found, "xlsx"))
    with pytest.raises(DataRefused, match="has no outcome yet"):
        at_practice.outcomes(tmp_path / "empty.xlsx")


@pytest.mark.parametrize(
    ("system", "first"),
    [
        ("emis", "NHS Number,Code,Date,Text\r\n9434765919,12345,09/04/2026,"),
        ("systmone", "NHS Number,Code,Event Date,Notes\r\n9434765919,12345,09 Apr 2026,"),
    ],
)
def test_an_import_has_number_code_date_and_text(found, system, first):
    text = made(found, system, code="12345").decode()
    assert text.startswith(first)
    assert "Risk list, band " in text
    with pytest.raises(ConfigurationError, match="--code is empty"):
        made(found, system)


def test_a_letter_says_what_was_looked_at_who_sees_it_and_how_to_opt_out(found):
    page = made(found, "letters", reply_to="01632 960001").decode()
    assert page.count('<article class="letter"') == 2
    for said in ("Dear Ann Example", "What was looked at", "Who sees this", "opt out", "01632 960001"):
        assert said in page
    assert "9434765919" not in page
