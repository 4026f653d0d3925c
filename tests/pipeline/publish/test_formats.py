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


def test_workbook_has_the_cluster_and_each_practice(published):
    folder = published(clusters=("C1",)) / "lists" / "C1"
    book = openpyxl.load_workbook(io.BytesIO((folder / "risk-list.xlsx").read_bytes()))
    assert book.sheetnames == ["Cluster", "X00001", "Also consider"]
    sheet = book["Cluster"]
    rows = pl.read_parquet(folder / "risk-list.parquet")
    assert [cell.value for cell in sheet[3]][:2] == ["Rank", "Person (pseudonym)"]
    assert [row[1] for row in sheet.iter_rows(min_row=4, values_only=True)] == rows["person_id"].to_list()
    assert sheet.freeze_panes == "C4"
    assert sheet.auto_filter.ref
    assert "OFFICIAL-SENSITIVE" in sheet.oddFooter.left.text


def test_workbook_has_no_formula_whatever_the_data_say(borough, published):
    scored = borough()
    path = scored.snapshot.folder / "cohort.parquet"
    pl.read_parquet(path).with_columns(person_id="=HYPERLINK(" + pl.col("person_id")).write_parquet(path)
    folder = published(scored) / "lists" / "C1"
    book = openpyxl.load_workbook(io.BytesIO((folder / "risk-list.xlsx").read_bytes()))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
