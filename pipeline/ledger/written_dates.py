"""Reads dates as people write them: the day first, with or without the year."""

from __future__ import annotations

import datetime as dt
import re

EARLIEST = dt.date(2000, 1, 1)
"""An earlier date is a typing error: the year has too few digits."""
_DAY_ZERO = dt.date(1899, 12, 30)
"""Spreadsheets count days from here."""
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SHORT = 3
"""Fewest letters of a shortened month."""
_NUMBER = re.compile(r"\d+(\.\d+)?")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][0-9:.]+)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?")
_WITH_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?(?: of)? ?([a-z]{3,9})\.?,?(?: ?(\d{4}|\d{2}))?")
_CENTURY = 2000
LATELY_DAYS = 183
"""Outcomes are recent. A reading of a date that is further back than this is not what the person meant."""
ASK = "give a date such as 12 April 2026 or 12/04/2026, the day first, not in the future"
"""The advice if a date cannot be read."""


def date_in(text: str, latest: dt.date) -> dt.date | None:
    """The day as somebody wrote it, no later than `latest`. None if it cannot be read, is before 2000, or is later.

    Accepted are 2026-04-12, 12/4/2026, 12/4/26, 12.4.26, 12 April 2026, 12th April, 12 Apr 26 and the number that a
    spreadsheet stores. The day always comes first. A date without its year is the latest such day up to `latest`.
    """
    day = _read(" ".join(text.casefold().split()), latest)
    return day if day is not None and EARLIEST <= day <= latest else None


def has_two_readings(text: str, latest: dt.date) -> bool:
    """Whether a date in figures, such as 3/4/26, also falls in the half year up to `latest` with the month first."""
    match = _DAY_FIRST.fullmatch(" ".join(text.split()))
    if match is None:
        return False
    first, second, year = match.groups()
    given, other = (_with_year(year, int(m), int(d), latest) for d, m in ((first, second), (second, first)))
    if given is None or other is None or given == other:
        return False
    return all(latest - dt.timedelta(days=LATELY_DAYS) <= day <= latest for day in (given, other))


def _read(text: str, latest: dt.date) -> dt.date | None:
    if _NUMBER.fullmatch(text):
        return _counted(float(text))
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = match.groups()
        return _day(int(year), int(month), int(day))
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
        return _with_year(year, int(month), int(day), latest)
    if match := _WITH_MONTH.fullmatch(text):
        day, name, year = match.groups()
        return _with_year(year, _month(name), int(day), latest)
    return None


def _month(name: str) -> int:
    """The number of the named month. 0 if it is not a month."""
    return next((n for n, month in enumerate(_MONTHS, start=1) if len(name) >= _SHORT and month.startswith(name)), 0)


def _with_year(year: str | None, month: int, day: int, latest: dt.date) -> dt.date | None:
    if year is not None:
        return _day(int(year) + (_CENTURY if len(year) == 2 else 0), month, day)  # noqa: PLR2004 - two digits
    this_year = _day(latest.year, month, day)
    if this_year is not None and this_year <= latest:
        return this_year
    return _day(latest.year - 1, month, day)


def _counted(days: float) -> dt.date | None:
    """Convert a date as spreadsheets store it: a number of days. Parts of a day are ignored."""
    return _DAY_ZERO + dt.timedelta(days=int(days)) if 1 <= days <= 2_958_465 else None  # noqa: PLR2004 - 31 December 9999


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
