"""The list as a workbook: one sheet for the cluster, one for each practice, and one for whom other lists bring."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import polars as pl

from pipeline import words
from pipeline.publish.content import COLUMNS, RiskList
from pipeline.publish.scored import BANDS_IN_WORDS
from pipeline.release.feedback import EARLIEST, HEADINGS, REST_DAYS

MARKING = "OFFICIAL-SENSITIVE"
FEEDBACK = {name: HEADINGS[name] for name in ("outcome", "outcome_date")} | {"note": "Note (no names, please)"}
"""The only columns that can be changed."""

WIDTHS = {
    "rank": 7,
    "person_id": 26,
    "practice_code": 11,
    "practice_name": 24,
    "age_band": 12,
    "sex": 9,
    "risk": 8,
    "chance": 16,
    "band": 11,
    "lists": 24,
    "segment": 16,
    "outcome": 26,
    "outcome_date": 14,
}
_WIDE = 34
_INTRODUCTION_WIDE = 11
"""Columns that the words above the list lie over, in four lines."""
_HEADING_ROW = 2
_NOT_A_DIAGNOSIS = (
    "Not a diagnosis: a place to start a conversation about what matters to the person. It can be wrong about anyone."
)

_SEND_BACK = "Fill in the yellow cells on the right, and send this workbook back to whoever sent it to you."
_NO_SORTING = (
    "Only the yellow cells can be changed. Filters work; spreadsheets do not sort locked cells: sort in risk-list.html."
)
"""Excel sorts a protected range only where all its cells are unlocked, and only the outcomes may be."""


def workbook(listed: RiskList) -> bytes:
    """The XLSX file; the same bytes for the same list."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(
        {
            "title": f"{listed.cluster.name}: people to reach",
            "comments": MARKING,
            "created": dt.datetime.combine(listed.as_of, dt.time()),
        }
    )
    formats = _formats(book)
    names = _SheetNames()
    _sheet(book, names.of("Cluster"), listed, listed.rows, formats)
    for practice, rows in _by_practice(listed.rows):
        _sheet(book, names.of(practice), listed, rows, formats)
    _sheet(book, names.of("Also consider"), listed, listed.others, formats)
    book.close()
    return buffer.getvalue()


class _SheetNames:
    """Names that a workbook takes: no forbidden sign, at most 31 long, none twice."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def of(self, wanted: str) -> str:
        plain = re.sub(r"[\[\]:*?/\\']", " ", wanted).strip() or "Sheet"
        name = next(
            name
            for n in range(1, 1000)
            if (name := plain[:31] if n == 1 else f"{plain[:26]} {n}").lower() not in self.taken
        )
        self.taken.add(name.lower())
        return name


def _by_practice(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    return [(code, rows.filter(pl.col("practice_code") == code)) for code in rows["practice_code"].unique().sort()]


def _formats(book: Any) -> dict[str, Any]:
    heading = {"bold": True, "bg_color": "#003087", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
    return {
        "heading": book.add_format(heading),
        "text": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"}),
        "percent": book.add_format({"num_format": "0%", "valign": "top"}),
        "number": book.add_format({"num_format": "0", "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": "#003087"}),
        "outcome": book.add_format(
            {"locked": False, "bg_color": "#FFF9C4", "text_wrap": True, "valign": "top", "border": 1}
        ),
        "outcome_date": book.add_format(
            {"locked": False, "bg_color": "#FFF9C4", "num_format": "yyyy-mm-dd", "border": 1}
        ),
    }


def _sheet(book: Any, name: str, listed: RiskList, rows: pl.DataFrame, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_string(
        0, 0, f"{listed.cluster.name}: people to reach, {words.day(listed.as_of)} ({MARKING})", formats["title"]
    )
    said = f"Risk of {listed.predicts}. {_NOT_A_DIAGNOSIS} {BANDS_IN_WORDS} {_SEND_BACK} {_NO_SORTING}"
    sheet.merge_range(1, 0, 1, _INTRODUCTION_WIDE - 1, said, formats["text"])
    sheet.set_row(1, 64)
    for column, (key, heading) in enumerate({**COLUMNS, **FEEDBACK}.items()):
        sheet.set_column(column, column, WIDTHS.get(key, _WIDE))
        sheet.write_string(_HEADING_ROW, column, heading, formats["heading"])
    for line, row in enumerate(rows.iter_rows(named=True), start=_HEADING_ROW + 1):
        for column, key in enumerate(COLUMNS):
            _cell(sheet, line, column, row[key], formats)
    _feedback(sheet, rows.height, formats)
    _layout(sheet, rows.height)


def _cell(sheet: Any, line: int, column: int, value: object, formats: dict[str, Any]) -> None:
    if isinstance(value, float):
        sheet.write_number(line, column, value, formats["percent"])
    elif isinstance(value, int):
        sheet.write_number(line, column, value, formats["number"])
    else:
        sheet.write_string(line, column, value or "", formats["text"])


def _feedback(sheet: Any, people: int, formats: dict[str, Any]) -> None:
    """The cells that link workers fill in: an outcome out of a list, a date, a note."""
    if not people:
        return
    first, last, start = _HEADING_ROW + 1, _HEADING_ROW + people, len(COLUMNS)
    for line in range(first, last + 1):
        for column, key in enumerate(FEEDBACK, start=start):
            sheet.write_blank(line, column, None, formats["outcome_date" if key == "outcome_date" else "outcome"])
    sheet.data_validation(first, start, last, start, {"validate": "list", "source": list(REST_DAYS)})
    date = {
        "validate": "date",
        "criteria": "between",
        "minimum": EARLIEST,
        "maximum": "=TODAY()",
        "error_message": "A date such as 2026-04-01, today or before",
    }
    sheet.data_validation(first, start + 1, last, start + 1, date)


def _layout(sheet: Any, people: int) -> None:
    sheet.freeze_panes(_HEADING_ROW + 1, 2)
    sheet.autofilter(_HEADING_ROW, 0, _HEADING_ROW + people, len(COLUMNS) + len(FEEDBACK) - 1)
    sheet.protect("", {"autofilter": True, "format_columns": True, "format_rows": True})
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADING_ROW)
    sheet.set_footer(f"&L{MARKING}&C&A&RPage &P of &N")
