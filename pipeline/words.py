"""Puts codes, risks and dates into plain words, the same in every output."""

from __future__ import annotations

import datetime as dt
import math

from data_schemas.outcomes import WORDS

SEX = {"1": "Male", "2": "Female", "9": "Not specified", "0": "Not known"}
"""NHS Data Dictionary, PERSON GENDER CODE CURRENT."""

AGE_BANDS = {
    "0-17": "Under 18",
    "18-39": "18 to 39",
    "40-64": "40 to 64",
    "65-74": "65 to 74",
    "75-84": "75 to 84",
    "85+": "85 and over",
}


def outcome(name: str) -> str:
    """The predicted outcome, as a noun phrase."""
    return WORDS[name].plain if name in WORDS else name.replace("_", " ")


def horizon(days: int) -> str:
    """The window of the prediction in words: in whole years or months if possible, else in days."""
    months = _months(days)
    if not months:
        return f"the next {days} days"
    if months > YEAR and months % YEAR == 0:
        return f"the next {months // YEAR} years"
    return f"the next {months} months" if months > 1 else "the next month"


def within(days: int) -> str:
    """`within a year`, `within 5 years`, `within 90 days`."""
    span = horizon(days).removeprefix("the next ")
    return "within a year" if _months(days) == YEAR else "within a month" if span == "month" else f"within {span}"


def happens(outcome: str, days: int) -> str:
    """`have an unplanned hospital stay within a year`."""
    return f"{verb(outcome)} {within(days)}"


def verb(outcome: str) -> str:
    """`have an unplanned hospital stay`."""
    return WORDS[outcome].happens if outcome in WORDS else f"have {outcome.replace('_', ' ')}"


YEAR = 12
"""Months."""


def _months(days: int) -> int:
    """The number of months if it is whole (to half a leap day), else 0."""
    months = round(days / (365.25 / 12))
    return months if abs(days - months * 365.25 / 12) <= 1.5 else 0  # noqa: PLR2004 - half a leap day either side


def chance(risk: float) -> str:
    """A risk between 0 and 1 as people say it: `about 7 in 10`. Below 1 in 10 it is out of 100."""
    if risk < 1 / 200:
        return "less than 1 in 100"
    if round(10 * risk) >= TEN:
        return "more than 9 in 10"
    if round(100 * risk) < TEN:
        return f"about {round(100 * risk)} in 100"
    return f"about {max(1, round(10 * risk))} in 10"


TEN = 10


def percent(risk: float) -> str:
    """A risk as a whole percentage, never 0% or 100%. Below one per cent it has a decimal."""
    if risk > 0.99:  # noqa: PLR2004
        return "over 99%"
    if risk < 0.001:  # noqa: PLR2004
        return "under 0.1%"
    return f"{100 * risk:.0f}%" if risk >= 0.01 else f"{100 * risk:.1f}%"  # noqa: PLR2004


def day(date: dt.date) -> str:
    """A date as in the NHS content style: 1 April 2026."""
    return f"{date.day} {date:%B %Y}"


def counted(number: int, noun: str, several: str = "") -> str:
    """`1 row`, `2 rows`; with `several`, `1 person`, `2 people`."""
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"


def people(number: int) -> str:
    """`1 person`, `2 people`."""
    return counted(number, "person", "people")


def duration(days: float) -> str:
    """A number of days in the unit that people would use."""
    days = max(0, round(days))
    for size, unit in ((365.25, "year"), (365.25 / 12, "month"), (7, "week")):
        if days >= 2 * size:
            return f"{math.floor(days / size)} {unit}s"
    return counted(days, "day")


def listing(items: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def number(value: float) -> str:
    """A number without needless decimals."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
