"""Defines the outcomes that a borough monitors: what each one counts, among whom, and from which records.

For people registered on the middle day of a year, an indicator gives either how many events each person had (a rate) or
which eligible people received what they should (a share). Definitions follow OHID's and NHS England's indicators as far
as the extracts allow.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipeline.before import next_in
from pipeline.community import recorded
from pipeline.community.asked import Asked, together
from pipeline.community.guidance import RULES
from pipeline.community.prevention import asks, can_be_checked, judged
from pipeline.community.recorded import YEAR
from pipeline.community.records import Records

READMISSION_DAYS = 30
FLU = "strength.flu_vaccination"
DIED_IN_HOSPITAL = ("4", "5")
"""HES DISMETH values after which nobody can be readmitted."""


@dataclass(frozen=True)
class Year:
    """The 365 days before a day."""

    end: dt.date

    @property
    def start(self) -> dt.date:
        return self.end - dt.timedelta(days=YEAR)

    @property
    def middle(self) -> dt.date:
        return self.end - dt.timedelta(days=YEAR // 2)

    @property
    def before(self) -> Year:
        return Year(self.start)


@dataclass(frozen=True)
class Indicator:
    """One outcome. It is a rate if it has `events`, a share if it has `done`."""

    name: str
    heading: str
    means: str
    events: Callable[[Records], pl.DataFrame | None] | None = None
    """`person, day, weight` of everything counted before the day of the records. None if the extracts do not contain
    it.
    """
    done: Callable[[Records, Year], pl.DataFrame | None] | None = None
    """`person, done`, one row per eligible person in a year. None if the extracts do not contain it."""
    ages: tuple[int, int] = (0, 130)
    lower_is_better: bool = True


def _stays(condition: str | None = None, weight: str | None = None) -> Callable[[Records], pl.DataFrame | None]:
    """Emergency stays that have a marker column. An extract with none of these does not record them."""

    def count(records: Records) -> pl.DataFrame | None:
        if records.admissions is None:
            return None
        such = pl.col("unplanned") if condition is None else pl.col("unplanned") & pl.col(condition)
        stays = records.stays.filter(such)
        counted = stays.select(
            "person", day="admission_date", weight=(pl.col(weight) if weight else pl.lit(1)).cast(pl.Int64)
        )
        return None if counted.is_empty() else counted

    return count


def _attendances(records: Records) -> pl.DataFrame | None:
    seen = records.table("attendances", "person", "arrival_date")
    if seen.is_empty():
        return None
    before = seen.filter(pl.col("arrival_date") < records.day)
    return before.select("person", day="arrival_date", weight=pl.lit(1, pl.Int64))


def _deaths(records: Records) -> pl.DataFrame | None:
    rows = records.table("registrations")
    if "death_date" not in rows.columns:
        return None
    died = (
        rows.filter(pl.col("death_date") < records.day).sort("person", "registered_from").unique("person", keep="last")
    )
    return None if died.is_empty() else died.select("person", day="death_date", weight=pl.lit(1, pl.Int64))


def _readmissions(records: Records, year: Year) -> pl.DataFrame | None:
    """Stays that ended alive in the year up to 30 days before its end, and whether an emergency admission followed
    within 30 days.
    """
    if records.admissions is None:
        return None
    following = (next_in(pl.col("admission_date"), "person") - pl.col("discharge_date")).dt.total_days()
    again = next_in(pl.col("unplanned"), "person") & following.is_between(0, READMISSION_DAYS)
    alive = ~pl.col("discharge_method").fill_null("").is_in(DIED_IN_HOSPITAL)
    # The 30 days after a discharge are only known before this date, so the year ends that much earlier.
    seen = Year(year.end - dt.timedelta(days=READMISSION_DAYS))
    in_year = pl.col("discharge_date").is_between(seen.start, seen.end, closed="left")
    ended = records.stays.with_columns(done=again.fill_null(value=False)).filter(in_year, alive)
    return ended.select("person", "done")


def season(year: Year) -> tuple[dt.date, dt.date]:
    """The last flu season (September to February) that ended by the end of a year: first day, first day after it."""
    ends = dt.date(year.end.year, 3, 1)
    return (
        (dt.date(ends.year - 1, 9, 1), ends)
        if ends <= year.end
        else (dt.date(ends.year - 2, 9, 1), dt.date(ends.year - 1, 3, 1))
    )


def _flu(records: Records, year: Year) -> pl.DataFrame | None:
    _, after = season(year)
    answers = records.answers(after, flu_asks(year))
    if not answers[FLU].any():
        return None
    return answers.filter(pl.col("age") >= 65).select("person", done="flu_in_season")  # noqa: PLR2004 - the indicator's age


def flu_asks(year: Year) -> dict[str, pl.Expr]:
    """The questions about everyone at the end of the flu season."""
    first, _ = season(year)
    return {FLU: recorded.ever(FLU), "flu_in_season": recorded.since(FLU, first)}


def _health_checks(records: Records, year: Year) -> pl.DataFrame | None:
    rule = RULES[0]
    people = judged(records, year.end, [rule])
    return (
        people.drop_nulls(rule.name).select("person", done=~pl.col(rule.name)) if can_be_checked(people, rule) else None
    )


def asked(day: dt.date) -> Asked:
    """All questions that the indicators ask the log."""
    years = (Year(day), Year(day).before)
    return together(*({season(year)[1]: flu_asks(year), year.end: asks(RULES[:1])} for year in years))


INDICATORS = (
    Indicator("emergency_admissions", "Emergency admissions", "stays in hospital that began in the year and were not planned", _stays()),
    Indicator(
        "acsc_admissions", "Admissions that care at home often prevents",
        "stays in hospital that were not planned. They are of a kind that good care at home can often prevent", _stays("acsc"),
    ),
    Indicator(
        "falls_65", "Falls, 65 and over", "stays in hospital for an injury after a fall, not planned", _stays("fall"), ages=(65, 130),
    ),
    Indicator(
        "readmissions", "Back in hospital within 30 days",
        "stays that ended in the year and led back to hospital within 30 days. Only unplanned ones count as back", done=_readmissions,
    ),
    Indicator("ae_attendances", "A&E visits", "visits to any kind of A&E", _attendances),
    Indicator(
        "bed_days", "Emergency bed days", "days in hospital of stays that began in the year and were not planned",
        _stays(weight="bed_days"),
    ),
    Indicator("deaths_under_75", "Deaths under 75", "deaths of people under 75", _deaths, ages=(0, 74)),
    Indicator(
        "flu_vaccination_65", "Flu vaccination, 65 and over", "people of 65 and over who had a flu jab in the last full season", done=_flu,
        ages=(65, 130), lower_is_better=False,
    ),
    Indicator(
        "health_checks", "NHS Health Checks done", "people who are due an NHS Health Check every five years and who had one",
        done=_health_checks, ages=(40, 74), lower_is_better=False,
    ),
)  # fmt: skip
NAMES = frozenset(indicator.name for indicator in INDICATORS)
