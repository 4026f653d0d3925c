"""Plain words for codes, risks and dates, so that every output says a thing the same way."""

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

ODDS = (*((k, 10) for k in (9, 8)), (3, 4), (2, 3), (1, 2), *((1, n) for n in (3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100)))
"""The chances a risk is said in; the nearest on the log-odds scale is taken."""


def outcome(name: str) -> str:
    """What is predicted, as a noun phrase."""
    return WORDS[name].plain if name in WORDS else name.replace("_", " ")


def horizon(days: int) -> str:
    """The window of the prediction: months where it is whole years or months, else days."""
    months = round(days / (365.25 / 12))
    if abs(days - months * 365.25 / 12) <= 1.5 and months:  # noqa: PLR2004 - half a leap day either side
        return f"the next {months} months" if months > 1 else "the next month"
    return f"the next {days} days"


def chance(risk: float) -> str:
    """A risk between 0 and 1 as people say it: `about 1 in 3`."""
    if risk < 1 / 150:
        return "less than 1 in 100"
    if risk > 0.95:  # noqa: PLR2004 - above the largest of ODDS
        return "more than 9 in 10"
    part, whole = min(ODDS, key=lambda odds: abs(_log_odds(odds[0] / odds[1]) - _log_odds(risk)))
    return f"about {part} in {whole}"


def percent(risk: float) -> str:
    """A risk as a whole percentage, never a certain one; below one per cent with a decimal."""
    if risk > 0.99:  # noqa: PLR2004
        return "over 99%"
    if risk < 0.001:  # noqa: PLR2004
        return "under 0.1%"
    return f"{100 * risk:.0f}%" if risk >= 0.01 else f"{100 * risk:.1f}%"  # noqa: PLR2004


def day(date: dt.date) -> str:
    """A date as in the NHS content style: 1 April 2026."""
    return f"{date.day} {date:%B %Y}"


def duration(days: float) -> str:
    """A number of days in the unit people would use."""
    days = max(0, round(days))
    for size, unit in ((365.25, "year"), (365.25 / 12, "month"), (7, "week")):
        if days >= 2 * size:
            return f"{math.floor(days / size)} {unit}s"
    return "1 day" if days == 1 else f"{days} days"


def listing(items: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def things(count: int, name: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def number(value: float) -> str:
    """A number without needless decimals."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
