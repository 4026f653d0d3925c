"""Puts into words when services are open, from the RFC 5545 rules of HSDS-UK 3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from data_schemas.assets import Schedule
from pipeline import words

SOON_DAYS = 28
"""A schedule that starts within this many days counts, and its start is printed."""
ENDS_DAYS = 60
"""If a schedule ends within this many days, its end is printed."""
MOST = 3
"""The most schedules of one service that are printed."""

_DAYS = {
    "MO": "Mondays",
    "TU": "Tuesdays",
    "WE": "Wednesdays",
    "TH": "Thursdays",
    "FR": "Fridays",
    "SA": "Saturdays",
    "SU": "Sundays",
}
_NTH = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"}
_TIME = 5
"""Characters of `10:30` in `10:30:00Z`."""


def timetable(schedules: Iterable[Schedule], as_of: dt.date) -> str:
    """`Tuesdays and Thursdays, 10am to midday`; several schedules joined by `and`."""
    return words.listing(list(dict.fromkeys(text for each in schedules if (text := _one(each, as_of))))[:MOST])


def runs(schedule: Schedule, as_of: dt.date) -> bool:
    """Whether a schedule is valid now or soon."""
    started = schedule.valid_from is None or schedule.valid_from <= as_of + dt.timedelta(days=SOON_DAYS)
    return started and (schedule.valid_to is None or schedule.valid_to >= as_of)


def clock(time: str | None) -> str:
    """A time in the NHS content style: 10am, 1:30pm, midday."""
    try:
        parsed = dt.time.fromisoformat((time or "")[:_TIME])
    except ValueError:
        return ""
    if parsed in (dt.time(12), dt.time(0)):
        return "midday" if parsed.hour else "midnight"
    minutes = f":{parsed.minute:02}" if parsed.minute else ""
    return f"{(parsed.hour - 1) % 12 + 1}{minutes}{'am' if parsed.hour < 12 else 'pm'}"  # noqa: PLR2004 - twelve hours


def _one(schedule: Schedule, as_of: dt.date) -> str:
    parts = [_days(schedule), _hours(schedule)]
    if not any(parts):
        return schedule.description or ""
    return ", ".join(part for part in (*parts, *_dates(schedule, as_of)) if part)


def _dates(schedule: Schedule, as_of: dt.date) -> list[str]:
    """The start and the end of a schedule in words, if they are near."""
    start, end = schedule.valid_from, schedule.valid_to
    starts = [f"from {words.day(start)}"] if start and start > as_of else []
    ends = [f"until {words.day(end)}"] if end and end <= as_of + dt.timedelta(days=ENDS_DAYS) else []
    return starts + ends


def _days(schedule: Schedule) -> str:
    days = [day.strip() for day in (schedule.byday or "").upper().split(",") if day.strip()]
    if schedule.freq == "MONTHLY":
        names = [f"{_NTH[day[:-2]]} {_DAYS[day[-2:]][:-1]}" for day in days if day[-2:] in _DAYS and day[:-2] in _NTH]
        names += [_ordinal(day.strip()) for day in (schedule.bymonthday or "").split(",") if day.strip().isdigit()]
        return f"the {words.listing(names)} of {_every(schedule, 'the month', 'month')}" if names else "monthly"
    if schedule.freq == "DAILY" and not days:
        return "every day"
    names = [_DAYS[day] for day in _DAYS if day in days]
    in_a_row = ", ".join(names) in ", ".join(_DAYS.values())
    if in_a_row and len(names) > 2:  # noqa: PLR2004 - `Mondays and Tuesdays` is not shorter as `to`
        names = ["every day"] if len(names) == len(_DAYS) else [f"{names[0]} to {names[-1]}"]
    every = _every(schedule, "", "week")
    often = f"{every}, " if every else ""
    return often + words.listing(names) if names else ("weekly" if schedule.freq else "")


def _every(schedule: Schedule, each: str, unit: str) -> str:
    """How often, if it is not each week or month: `every other week`, `every 3 months`."""
    interval = round(schedule.interval or 1)
    if interval <= 1:
        return each
    return f"every other {unit}" if interval == 2 else f"every {interval} {unit}s"  # noqa: PLR2004 - each second one


def _hours(schedule: Schedule) -> str:
    opens, closes = clock(schedule.opens_at), clock(schedule.closes_at)
    return f"{opens} to {closes}" if opens and closes else opens


def _ordinal(day: str) -> str:
    ending = "th" if day[-2:] in ("11", "12", "13") else {"1": "st", "2": "nd", "3": "rd"}.get(day[-1], "th")
    return day + ending
