"""Dates that can be read but cannot be true: births after a registration, stays that end in the future, people aged
120.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from pipeline.settings import Settings

OLDEST_YEARS = 115
"""Nobody in England is older (contract section 3); the oldest person ever in Britain reached 115."""


@dataclass(frozen=True)
class Limits:
    """The limits that dates are checked against."""

    today: dt.date
    as_of: dt.date
    """The day on which people's age is counted: the as-of date, or today if none is configured."""
    longest_stay_days: int


def limits(settings: Settings) -> Limits:
    """The limits of a site today."""
    today = dt.datetime.now(tz=dt.UTC).date()
    as_of = settings.run.as_of or today
    return Limits(today, min(as_of, today), settings.run.longest_stay_days)


def rules(table: str, present: Collection[str], limits: Limits) -> dict[str, pl.Expr]:
    """Rule name → expression that is True for a good row, as `data_schemas.tables.rules` has them."""
    expressions = _RULES.get(table, lambda _: {})(limits)
    return {name: rule for name, rule in expressions.items() if set(rule.meta.root_names()) <= set(present)}


def _registrations(limits: Limits) -> dict[str, pl.Expr]:
    oldest = dt.date(limits.as_of.year - OLDEST_YEARS, limits.as_of.month, 1)
    return {
        "birth_month.after_registration": pl.col("birth_month") <= pl.col("registered_from"),
        "birth_month.too_old": pl.col("birth_month") >= oldest,
        "death_date.future": pl.col("death_date") <= limits.today,
        "death_date.before_birth": pl.col("death_date") >= pl.col("birth_month"),
    }


def _gp_events(limits: Limits) -> dict[str, pl.Expr]:
    return {"recorded_date.future": pl.col("recorded_date") <= limits.today}


def _admissions(limits: Limits) -> dict[str, pl.Expr]:
    nights = pl.col("discharge_date") - pl.col("admission_date")
    return {
        "discharge_date.future": pl.col("discharge_date") <= limits.today,
        "discharge_date.too_long": nights <= dt.timedelta(days=limits.longest_stay_days),
        "episode_start.future": pl.col("episode_start") <= limits.today,
        "episode_end.future": pl.col("episode_end") <= limits.today,
    }


_RULES = {"registrations": _registrations, "gp_events": _gp_events, "admissions": _admissions}


def names(table: str) -> list[str]:
    """The rules of a table."""
    return list(_RULES.get(table, lambda _: {})(Limits(dt.date.max, dt.date.max, 1)))
