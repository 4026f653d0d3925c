"""Writes sheets of the workbook: cells, widths, formats, what may be filled in and how a page is printed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.ledger.feedback import EARLIEST, HEADINGS, REST_DAYS
from pipeline.ledger.feedback_rows import TEAM_HEADINGS
from pipeline.ledger.outcome_words import ADD_REASONS, TAKE_OFF_REASONS

MARKING = "OFFICIAL-SENSITIVE"
EVERYONE, TEAM = "Everyone", "Add or take off"
"""Names of the sheets that take what people write."""
FEEDBACK = {name: HEADINGS[name] for name in ("outcome", "outcome_date")} | {"note": "Note (no names, please)"}
"""The only columns that can be changed."""
COLUMNS = {
    "rank": ("Rank", 5),
    "person_id": (HEADINGS["person_id"], 11),
    "outcome": (HEADINGS["outcome"], 12),
    "outcome_date": (HEADINGS["outcome_date"], 9),
    "about": ("About", 17),
    "risk": ("Risk", 10),
    "why": ("Why, and strengths", 26),
    "ask": ("Ask", 15),
    "note": (FEEDBACK["note"], 24),
    "near": ("Near them", 70),
}
"""Column name → heading and width."""
LAST_PRINTED = "ask"
"""Columns up to this one are printed. They fill A4 landscape at full size, whatever fonts a machine has."""
A_LINE = 11.5
"""Height in points of a line of 9-point text."""
LETTERS = 1.35
"""Number of 9-point letters that fit in one column unit."""
TALLEST = 400
"""The largest height of a row, in points."""
TEAM_ROWS = 30
HEADING_ROW = 2
_OPEN = {"locked": False, "bg_color": "#FFF9C4", "text_wrap": True, "valign": "top", "border": 1, "font_size": 9}
_ON_TEAM = (
    "Somebody the list has missed, or somebody who should not be on it? Give the pseudonym, add or take off, and why."
)


@dataclass(frozen=True)
class Line:
    """One person's row in a sheet."""

    cells: Mapping[str, object]
    practice: str


def _printed(columns: Mapping[str, tuple[str, int]]) -> int:
    """The number of columns that are printed."""
    return list(columns).index(LAST_PRINTED) + 1


def _height(cells: Sequence[tuple[str, int]]) -> float:
    """Height in points of the tallest of some cells, each given as text and column width. We set it because not all
    spreadsheets work it out.
    """
    lines = [sum(-(-max(len(line), 1) // round(LETTERS * width)) for line in text.split("\n")) for text, width in cells]
    return min(TALLEST, A_LINE * max(lines) + 4)


def _formats(book: Any) -> dict[str, Any]:
    heading = {
        "bold": True,
        "bg_color": "#003087",
        "font_color": "#FFFFFF",
        "text_wrap": True,
        "valign": "top",
        "font_size": 9,
    }
    text = {
        "text_wrap": True,
        "valign": "top",
        "num_format": "@",
        "font_size": 9,
        "border": 1,
        "border_color": "#D8DDE0",
    }
    return {
        "heading": book.add_format(heading),
        "text": book.add_format(text),
        "number": book.add_format({**text, "num_format": "0", "align": "left"}),
        "title": book.add_format({"bold": True, "font_size": 14, "font_color": "#003087"}),
        "outcome": book.add_format(_OPEN),
        "outcome_date": book.add_format({**_OPEN, "num_format": "d mmm yyyy"}),
    }


class Sheets:
    """Writes sheets into a book."""

    def __init__(self, book: Any) -> None:
        self.book, self.formats = book, _formats(book)
        self.taken: set[str] = set()

    def fill_in(
        self,
        name: str,
        title: str,
        intro: str,
        lines: Sequence[Line],
        columns: Mapping[str, tuple[str, int]],
    ) -> None:
        """Write a sheet whose outcome cells can be filled in."""
        sheet = self._sheet(name, title, intro, lines, columns)
        places = {key: place for place, key in enumerate(columns) if key in FEEDBACK}
        if lines:
            self._open_cells(sheet, len(lines), places)
        self._layout(sheet, len(lines), len(columns), _printed(columns))

    def read(
        self, name: str, title: str, intro: str, lines: Sequence[Line], columns: Mapping[str, tuple[str, int]]
    ) -> None:
        """Write a sheet without cells to fill in."""
        sheet = self._sheet(name, title, intro, lines, columns)
        self._layout(sheet, len(lines), len(columns), _printed(columns))

    def team(self) -> None:
        """Write the sheet on which the team adds people to the next list or takes them off."""
        sheet = self.book.add_worksheet(self._name(TEAM))
        sheet.write_string(0, 0, TEAM, self.formats["title"])
        sheet.write_string(1, 0, _ON_TEAM)
        for place, heading in enumerate(TEAM_HEADINGS.values()):
            sheet.set_column(place, place, 28)
            sheet.write_string(HEADING_ROW, place, heading, self.formats["heading"])
            for line in range(HEADING_ROW + 1, HEADING_ROW + 1 + TEAM_ROWS):
                sheet.write_blank(
                    line, place, None, self.formats["outcome_date" if place == len(TEAM_HEADINGS) - 1 else "outcome"]
                )
        reasons = list(dict.fromkeys([*ADD_REASONS, *TAKE_OFF_REASONS]))
        choices = len(TEAM_HEADINGS) + 1
        sheet.write_string(HEADING_ROW, choices, "Reasons to choose from", self.formats["heading"])
        sheet.set_column(choices, choices, 30)
        sheet.write_column(HEADING_ROW + 1, choices, reasons, self.formats["text"])
        last = HEADING_ROW + TEAM_ROWS
        sheet.data_validation(HEADING_ROW + 1, 1, last, 1, {"validate": "list", "source": ["Add", "Take off"]})
        source = f"=$F${HEADING_ROW + 2}:$F${HEADING_ROW + 1 + len(reasons)}"
        sheet.data_validation(HEADING_ROW + 1, 2, last, 2, {"validate": "list", "source": source})
        self._layout(sheet, TEAM_ROWS, len(TEAM_HEADINGS), len(TEAM_HEADINGS))

    def _sheet(
        self, name: str, title: str, intro: str, lines: Sequence[Line], columns: Mapping[str, tuple[str, int]]
    ) -> Any:
        sheet = self.book.add_worksheet(self._name(name))
        sheet.write_string(0, 0, title, self.formats["title"])
        across = _printed(columns)
        sheet.merge_range(1, 0, 1, across - 1, intro, self.formats["text"])
        sheet.set_row(1, _height([(intro, sum(width for _, width in [*columns.values()][:across]))]))
        sheet.set_row(HEADING_ROW, 2 * A_LINE)
        for place, (heading, width) in enumerate(columns.values()):
            sheet.set_column(place, place, width)
            sheet.write_string(HEADING_ROW, place, heading, self.formats["heading"])
        for number, line in enumerate(lines, start=HEADING_ROW + 1):
            for place, key in enumerate(columns):
                self._cell(sheet, number, place, line.cells.get(key))
            sheet.set_row(
                number, _height([(str(line.cells.get(key) or ""), width) for key, (_, width) in columns.items()])
            )
        return sheet

    def _cell(self, sheet: Any, line: int, place: int, value: object) -> None:
        if isinstance(value, int):
            sheet.write_number(line, place, value, self.formats["number"])
        else:
            sheet.write_string(line, place, str(value or ""), self.formats["text"])

    def _open_cells(self, sheet: Any, people: int, places: Mapping[str, int]) -> None:
        """Unlock the cells that link workers fill in: an outcome from a drop-down, a date, a note."""
        first, last = HEADING_ROW + 1, HEADING_ROW + people
        for line in range(first, last + 1):
            for key, place in places.items():
                sheet.write_blank(
                    line, place, None, self.formats["outcome_date" if key == "outcome_date" else "outcome"]
                )
        at, day = places["outcome"], places["outcome_date"]
        sheet.data_validation(first, at, last, at, {"validate": "list", "source": list(REST_DAYS)})
        date = {
            "validate": "date",
            "criteria": "between",
            "minimum": EARLIEST,
            "maximum": "=TODAY()",
            "error_type": "warning",
            "error_message": "A date such as 12 April 2026, today or before",
        }
        sheet.data_validation(first, day, last, day, date)

    def _layout(self, sheet: Any, lines: int, columns: int, printed: int) -> None:
        sheet.freeze_panes(HEADING_ROW + 1, 2)
        sheet.autofilter(HEADING_ROW, 0, HEADING_ROW + lines, columns - 1)
        sheet.protect("", {"autofilter": True, "format_columns": True, "format_rows": True})
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.set_margins(left=0.35, right=0.35, top=0.45, bottom=0.55)
        sheet.print_area(0, 0, HEADING_ROW + lines, printed - 1)
        sheet.repeat_rows(HEADING_ROW)
        sheet.set_footer(f"&L{MARKING}&C&A&RPage &P of &N")

    def _name(self, wanted: str) -> str:
        """A valid sheet name: no forbidden character, at most 31 long, no repeats."""
        plain = re.sub(r"[\[\]:*?/\\']", " ", wanted).strip() or "Sheet"
        names = (plain[:31] if n == 1 else f"{plain[:26]} {n}" for n in range(1, 1000))
        name = next(name for name in names if name.lower() not in self.taken)
        self.taken.add(name.lower())
        return name
