"""Writes the list as a workbook: one sheet for outcomes, a sheet to read for each practice, and one for what the team
knows.

The outcome is next to the person, and each person has exactly one row to write in, so the practices' sheets have no
cells to fill in. The widths are chosen so that A4 landscape holds the printed columns at full size, in 9 point.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline import words
from pipeline.publish.content import OFFERS, RiskList
from pipeline.publish.reasons import REASONS
from pipeline.publish.scored import BANDS_IN_WORDS
from pipeline.publish.sheets import COLUMNS, EVERYONE, FEEDBACK, MARKING, Line, Sheets
from pipeline.publish.strengths import STRENGTHS

WHO = ("Who", 11)
"""Shown instead of the pseudonym on a sheet at the practice; the pseudonym is then in the last column."""
_NOT_A_DIAGNOSIS = (
    "Not a diagnosis: use it to start a talk about what matters to the person. It can be wrong about anyone."
)
_SEND_BACK = f"Fill in the yellow cells of the sheet {EVERYONE}, and send this workbook back to whoever sent it to you."
_NO_SORTING = (
    "Only the yellow cells can be changed. Filters work; spreadsheets do not sort locked cells: sort in risk-list.html."
)
"""Excel sorts a protected range only if all its cells are unlocked, and only the outcomes may be unlocked."""
_AT_THE_PRACTICE = "Keep this workbook at the practice: it has names in it. Send back outcomes by pseudonym only."


def workbook(listed: RiskList) -> bytes:
    """The XLSX file; the same bytes for the same list."""
    head = f"{listed.released} {listed.answerable} {words.listing(list(listed.head.sources))}. {listed.head.last_time}".strip()
    first = f"{head} Risk of {listed.predicts}. {_NOT_A_DIAGNOSIS} {BANDS_IN_WORDS} {_SEND_BACK} {_NO_SORTING}"
    title = f"{listed.cluster.name}: people to reach, {words.day(listed.as_of)}, {listed.edition} ({MARKING})"
    everyone = [*_lines(listed.rows, ""), *_lines(listed.others, "also ")]
    book, buffer = _book(title, listed.as_of)
    sheets = Sheets(book)
    sheets.fill_in(EVERYONE, title, first, everyone, COLUMNS)
    to_read = {name: column for name, column in COLUMNS.items() if name not in FEEDBACK}
    for practice in sorted({line.practice for line in everyone}):
        own = [line for line in everyone if line.practice == practice]
        sheets.read(practice, f"{title}: practice {practice}", f"To read. {_SEND_BACK}", own, to_read)
    sheets.team()
    book.close()
    return buffer.getvalue()


def identified(rows: pl.DataFrame, identity: Sequence[str], title: str) -> bytes:
    """A sheet with names and outcome cells, only for the practice. `identity` names the columns that identify
    people."""
    lines = [
        Line({**line.cells, "who": "\n".join(str(row[name] or "") for name in identity)}, line.practice)
        for line, row in zip(_lines(rows, ""), rows.iter_rows(named=True), strict=True)
    ]
    columns = {("who" if n == "person_id" else n): (WHO if n == "person_id" else c) for n, c in COLUMNS.items()}
    book, buffer = _book(title, dt.date(2000, 1, 1))
    sheets = Sheets(book)
    sheets.fill_in(EVERYONE, title, _AT_THE_PRACTICE, lines, {**columns, "person_id": COLUMNS["person_id"]})
    book.close()
    return buffer.getvalue()


def _book(title: str, made: dt.date) -> tuple[Any, io.BytesIO]:
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": title, "comments": MARKING, "created": dt.datetime.combine(made, dt.time())})
    return book, buffer


def _lines(rows: pl.DataFrame, before: str) -> list[Line]:
    return [Line(_cells(row, before), str(row.get("practice_code") or "")) for row in rows.iter_rows(named=True)]


def _cells(row: Mapping[str, Any], before: str) -> dict[str, object]:
    """The content of each column. Several facts in one cell are on separate lines."""

    def numbered(key: str, most: int, heading: str) -> list[str]:
        texts = [row[f"{key}_{n + 1}"] for n in range(most) if row.get(f"{key}_{n + 1}")]
        return [heading, *(f"• {text}" for text in texts)] if texts else []

    who = [
        f"{row.get('age_band')}, {str(row.get('sex')).lower()}",
        row.get("group"),
        " ".join(str(row[name]) for name in ("practice_code", "practice_name") if row.get(name)),
    ]
    about = [*who, row.get("months"), row.get("contact"), row.get("lists")]
    return {
        "rank": f"{before}{row.get('rank')}" if before else row.get("rank"),
        "person_id": row["person_id"],
        "about": _joined(about),
        "risk": _joined([row.get("chance"), row.get("band"), row.get("change")]),
        "why": _joined(
            [*numbered("reason", REASONS, "Raises the risk:"), *numbered("strength", STRENGTHS, "Strengths:")]
        ),
        "ask": _joined(numbered("prompt", 2, "")),
        "near": _joined(numbered("offer", OFFERS, "")),
    }


def _joined(parts: Sequence[str | None]) -> str:
    return "\n".join(part for part in parts if part)
