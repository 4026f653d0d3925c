"""The list as a workbook: one sheet for the cluster and one for each practice."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import polars as pl

from pipeline.publish import words
from pipeline.publish.content import COLUMNS, RiskList

MARKING = "OFFICIAL-SENSITIVE"

WIDTHS = {
    "rank": 7,
    "person_id": 26,
    "practice_code": 11,
    "practice_name": 26,
    "age_band": 12,
    "sex": 10,
    "risk": 8,
    "chance": 16,
    "band": 12,
}
_WIDE = 40


def workbook(listed: RiskList) -> bytes:
    """The XLSX file; the same bytes for the same list."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({
        "title": f"{listed.cluster.name}: people to reach",
        "comments": MARKING,
        "created": dt.datetime.combine(listed.as_of, dt.time()),
    })  # fmt: skip
    formats = _formats(book)
    _sheet(book, "Cluster", listed, listed.rows, formats)
    for practice, rows in _by_practice(listed.rows):
        _sheet(book, practice, listed, rows, formats)
    book.close()
    return buffer.getvalue()


def _by_practice(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    return [(code, rows.filter(pl.col("practice_code") == code)) for code in rows["practice_code"].unique().sort()]


def _formats(book: Any) -> dict[str, Any]:
    return {
        "heading": book.add_format(
            {"bold": True, "bg_color": "#003087", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
        ),
        "text": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"}),
        "percent": book.add_format({"num_format": "0%", "valign": "top"}),
        "number": book.add_format({"num_format": "0", "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": "#003087"}),
    }


def _sheet(book: Any, name: str, listed: RiskList, rows: pl.DataFrame, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31])
    sheet.write_string(0, 0, f"{listed.cluster.name}: people to reach, {words.day(listed.as_of)}", formats["title"])
    for column, (key, heading) in enumerate(COLUMNS.items()):
        sheet.set_column(column, column, WIDTHS.get(key, _WIDE))
        sheet.write_string(1, column, heading, formats["heading"])
    for line, row in enumerate(rows.iter_rows(named=True), start=2):
        for column, key in enumerate(COLUMNS):
            _cell(sheet, line, column, row[key], formats)
    sheet.freeze_panes(2, 2)
    sheet.autofilter(1, 0, 1 + rows.height, len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)
    sheet.set_footer(f"&L{MARKING}&C&A&RPage &P of &N")


def _cell(sheet: Any, line: int, column: int, value: object, formats: dict[str, Any]) -> None:
    if isinstance(value, float):
        sheet.write_number(line, column, value, formats["percent"])
    elif isinstance(value, int):
        sheet.write_number(line, column, value, formats["number"])
    else:
        sheet.write_string(line, column, value or "", formats["text"])
