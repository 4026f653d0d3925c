"""Reads the rows of one feedback file: outcomes under the list's headings, and people whom the team adds or takes
off."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.ledger.outcome_words import (
    ADD_REASONS,
    NEEDS,
    OUTCOMES,
    TAKE_OFF_REASONS,
    choice_in,
    outcome_in,
    plain,
)
from pipeline.ledger.sheets import Line
from pipeline.ledger.written_dates import ASK, date_in, has_two_readings

HEADINGS = {"person_id": "Person (pseudonym)", "outcome": "Outcome", "outcome_date": "Date of outcome"}
"""The columns of the CSV that the list's page saves, and their headings in its workbook."""
TEAM_HEADINGS = {
    "person_id": HEADINGS["person_id"],
    "change": "Add or take off",
    "reason": "Reason",
    "change_date": "Date",
}
"""Headings of the sheet or CSV in which the team adds people to the next list or takes them off."""
CHANGES = {"add": ("add", "added"), "take_off": ("take off", "taken off", "remove", "removed")}
SCALES = tuple(
    f"{question}_{when}"
    for question in ("life_satisfaction", "worthwhile", "happy", "anxious")
    for when in ("before", "after")
)
"""The four wellbeing questions of the ONS, each from 0 to 10."""
LONELY = ("lonely_before", "lonely_after")
OFTEN = ("Often or always", "Some of the time", "Occasionally", "Hardly ever", "Never")
"""The direct question of the Office for National Statistics: how often do you feel lonely?"""
MOST_NEEDS = 3
_SAFE = re.compile(r"^'([=+\-@])")
"""The quotation mark that makes a cell safe for spreadsheets."""

Row = tuple[object, ...]


MONTH_OR_DAY = "was read with the day first; if the month was meant to come first, write it in letters"


@dataclass(frozen=True)
class SetAside:
    """A row that could not be read: its place, and never a value from it."""

    file: str
    sheet: str
    row: int
    problem: str

    def __str__(self) -> str:
        sheet = f", sheet {self.sheet}" if self.sheet else ""
        return f"{self.file}{sheet}, row {self.row}: {self.problem}"


def stored_rows(file: str, lines: Sequence[Line], latest: dt.date) -> tuple[list[Row], list[SetAside], list[SetAside]]:
    """A file's rows as `feedback.SCHEMA` has them, the rows set aside, and the stored rows whose date has two readings.

    Raises ValueError if no sheet has the headings.
    """
    rows, aside, asked, tables = list[Row](), list[SetAside](), list[SetAside](), 0
    for named, line in _tables(lines):
        if line is None:
            tables += 1
            continue
        stored = _team_row(named, latest) if "change" in named else _outcome_row(named, latest)
        if isinstance(stored, str):
            aside.append(SetAside(file, line.sheet, line.number, stored))
        elif stored:
            rows.append((*stored, file, line.sheet, line.number))
            if has_two_readings(named.get("outcome_date") or named.get("change_date", ""), latest):
                asked.append(SetAside(file, line.sheet, line.number, MONTH_OR_DAY))
    if not tables:
        raise ValueError(
            f"has no {' or '.join(_lacking(lines))}; give the list's own workbook, or CSV with {', '.join(HEADINGS)}"
        )
    return rows, aside, asked


def _lacking(lines: Sequence[Line]) -> list[str]:
    """The missing headings, compared with the row that has most of them."""
    cells = {plain(cell) for line in lines for cell in line.cells}
    missing = [name for name, heading in HEADINGS.items() if not {plain(name), plain(heading)} & cells]
    return [f"column {', '.join(missing)}"] if 0 < len(missing) < len(HEADINGS) else ["sheet with the list's headings"]


def _tables(lines: Sequence[Line]) -> Iterator[tuple[dict[str, str], Line | None]]:
    """Each row by column name, under its sheet's headings. Before a sheet's rows come its headings with None."""
    places: dict[str, int] = {}
    sheet = None
    for line in lines:
        if line.sheet != sheet:
            places, sheet = {}, line.sheet
        if under := _headings(line.cells):
            places = under
            yield dict.fromkeys(places, ""), None
        elif places:
            yield {name: line.cells[at] if at < len(line.cells) else "" for name, at in places.items()}, line


_COLUMNS = ("needs", *SCALES, *LONELY)


def _headings(cells: Sequence[str]) -> dict[str, int]:
    """The position of each column, if this is a row of headings."""
    at = {plain(cell): place for place, cell in reversed(list(enumerate(cells))) if cell}
    for wanted in (HEADINGS, TEAM_HEADINGS):
        places = {name: _place(at, name, heading) for name, heading in wanted.items()}
        needed = [place for name, place in places.items() if name != "change_date"]
        if None not in needed:
            further = {name: at[plain(name)] for name in _COLUMNS if plain(name) in at}
            return {name: place for name, place in places.items() if place is not None} | further
    return {}


def _place(at: Mapping[str, int], name: str, heading: str) -> int | None:
    return at.get(plain(heading), at.get(plain(name)))


def _outcome_row(named: Mapping[str, str], latest: dt.date) -> Row | str | None:
    """An outcome, or what is wrong with it, or None if nobody filled one in."""
    if not named["outcome"]:
        return "has a date but no outcome; choose one" if named["outcome_date"] and named["person_id"] else None
    outcome, day = outcome_in(named["outcome"]), date_in(named["outcome_date"], latest)
    needs = [choice_in(need, NEEDS) for need in named.get("needs", "").split(";") if need.strip()]
    problems = [
        "" if named["person_id"] else "person_id is empty",
        "" if outcome else f"outcome cannot be read; give one of {'; '.join(each.name for each in OUTCOMES)}",
        "" if day else f"outcome_date cannot be read or is in the future; {ASK}",
        f"needs cannot be read; give up to {MOST_NEEDS} of {'; '.join(NEEDS)}"
        if None in needs or len(needs) > MOST_NEEDS
        else "",
    ]
    numbers = {name: _number(named.get(name, ""), 10) for name in SCALES}
    lonely = {name: choice_in(named.get(name, ""), OFTEN) for name in LONELY}
    problems += [f"{name} is not a number from 0 to 10" for name in SCALES if named.get(name) and numbers[name] is None]
    problems += [f"{name} is not one of {'; '.join(OFTEN)}" for name in LONELY if named.get(name) and not lonely[name]]
    if wrong := " and ".join(filter(None, problems)):
        return wrong
    chosen = "; ".join(need for need in needs if need)
    return _id(named), "outcome", outcome, day, chosen, "", *numbers.values(), *lonely.values()


def _team_row(named: Mapping[str, str], latest: dt.date) -> Row | str | None:
    """A person added or taken off, or what is wrong with the line, or None for an empty line."""
    if not (named["person_id"] or named["change"] or named["reason"]):
        return None
    change = next((kind for kind, spellings in CHANGES.items() if plain(named["change"]) in spellings), None)
    reasons = ADD_REASONS if change == "add" else TAKE_OFF_REASONS
    reason = choice_in(named["reason"], reasons)
    written = named.get("change_date", "")
    day = date_in(written, latest)
    problems = [
        "" if named["person_id"] else "person_id is empty",
        "" if change else "say whether to add or to take off",
        "" if reason or not change else f"reason cannot be read; give one of {'; '.join(reasons)}",
        "" if day else f"date cannot be read or is in the future; {ASK}",
    ]
    if wrong := " and ".join(filter(None, problems)):
        return wrong
    return _id(named), change, "", day, "", reason, *[None] * (len(SCALES) + len(LONELY))


def _id(named: Mapping[str, str]) -> str:
    return _SAFE.sub(r"\1", named["person_id"])


def _number(text: str, most: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= most else None
