from __future__ import annotations

import io

import openpyxl
import polars as pl
import pytest

from pipeline.publish import tabular

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_csv_cell_can_be_a_formula(text):
    written = tabular.csv(pl.DataFrame({"reason": [text], "risk": [0.5]}))
    read = pl.read_csv(written, infer_schema=False)
    assert read["reason"].to_list() == [f"'{text}"]
    assert read["risk"].to_list() == ["0.5"]


@pytest.mark.parametrize(("text", "mark"), [("50 pounds", b""), ("£50", b"\xef\xbb\xbf")])
def test_a_csv_is_marked_as_utf_8_where_it_is_not_plain_ascii(text, mark):
    written = tabular.csv(pl.DataFrame({"rank": [1], "reason": [text]}))
    assert written == mark + f"rank,reason\r\n1,{text}\r\n".encode()


def test_csv_and_parquet_hold_the_same_list(published):
    folder = published() / "lists" / "C1"
    parquet = pl.read_parquet(folder / "risk-list.parquet")
    csv = pl.read_csv(folder / "risk-list.csv", schema=parquet.schema)
    assert csv.with_columns(pl.col(pl.String).fill_null("")).equals(parquet)


def test_workbook_has_everyone_once_to_fill_in_and_each_practice_to_read(published):
    folder = published(clusters=("C1",)) / "lists" / "C1"
    book = openpyxl.load_workbook(io.BytesIO((folder / "risk-list.xlsx").read_bytes()))
    assert book.sheetnames == ["Everyone", "X00001", "Add or take off"]
    sheet = book["Everyone"]
    people = [
        name
        for part in ("risk-list", "also-consider")
        for name in pl.read_parquet(folder / f"{part}.parquet")["person_id"]
    ]
    assert [cell.value for cell in sheet[3]][:4] == ["Rank", "Person (pseudonym)", "Outcome", "Date of outcome"]
    assert [row[1] for row in sheet.iter_rows(min_row=4, values_only=True)] == people
    assert "Outcome" not in [cell.value for cell in book["X00001"][3]]
    assert sheet.freeze_panes == "C4"
    assert sheet.auto_filter.ref
    assert "OFFICIAL-SENSITIVE" in sheet.oddFooter.left.text


def test_workbook_fits_a4_landscape_at_full_size_in_nine_point(published):
    book = openpyxl.load_workbook(io.BytesIO((published() / "lists" / "C1" / "risk-list.xlsx").read_bytes()))
    sheet = book["Everyone"]
    pixels = sum(7 * sheet.column_dimensions[letter].width for letter in "ABCDEFGH")
    margins = 96 * (sheet.page_margins.left + sheet.page_margins.right)
    assert pixels + margins <= 297 / 25.4 * 96
    assert sheet.print_area.endswith("$H$14")
    assert (sheet.page_setup.orientation, sheet.page_setup.scale or 100) == ("landscape", 100)
    assert min(cell.font.sz for row in sheet.iter_rows(min_row=3) for cell in row) >= 9


def test_what_people_fill_in_comes_back_once(published, tmp_path):
    import datetime as dt

    from pipeline.ledger.feedback import read

    book = openpyxl.load_workbook(
        io.BytesIO((published(clusters=("C1",)) / "lists" / "C1" / "risk-list.xlsx").read_bytes())
    )
    book["Everyone"]["C4"], book["Everyone"]["D4"] = "Declined", "12th April"
    team = book["Add or take off"]
    team["A4"], team["B4"], team["C4"], team["D4"] = "p0039", "Add", "Recent fall", "10/4/2026"
    book.save(tmp_path / "filled.xlsx")
    found = read([tmp_path / "filled.xlsx"], dt.date(2026, 4, 1))
    assert sorted(found.rows.select("person_id", "kind").rows()) == [("p0000", "outcome"), ("p0039", "add")]
    assert found.set_aside == ()


def test_workbook_has_no_formula_whatever_the_data_say(borough, published):
    scored = borough()
    path = scored.snapshot.folder / "cohort.parquet"
    pl.read_parquet(path).with_columns(person_id="=HYPERLINK(" + pl.col("person_id")).write_parquet(path)
    folder = published(scored) / "lists" / "C1"
    book = openpyxl.load_workbook(io.BytesIO((folder / "risk-list.xlsx").read_bytes()))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
