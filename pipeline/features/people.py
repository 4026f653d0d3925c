"""Collects what features may use about a person apart from events: columns of the cohort, household,
practice and area.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from data_schemas.area import Areas
from data_schemas.receipts import Feature
from pipeline.features.declare import count, ever, years
from pipeline.features.named import NamedFeature

OLDER = 75
ADULT = 18
YEAR = dt.timedelta(days=365)

HOUSEHOLD = {
    "household_size": pl.len(),
    "household_children": (pl.col("age") < ADULT).sum(),
    "household_adults": (pl.col("age") >= ADULT).sum(),
    "household_older": (pl.col("age") >= OLDER).sum(),
    "household_frail": pl.col("frail").sum(),
}
"""Columns of a household: everyone registered at one pseudonymised address before the as-of date, including
children."""
AREA = tuple(name for name, column in Areas.columns().items() if column.dtype.is_numeric())

_frail = ("function.frailty_moderate", "function.frailty_severe")
_CONTEXT = {
    "gp_visits": count("appointment.attended", over=years(1), missing=0, means="GP appointments in the last year"),
    "frail": ever(_frail, missing=0, means="moderate or severe frailty recorded"),
}
CONTEXT = tuple(NamedFeature(Feature(name, said.means, "", said.statistic), said) for name, said in _CONTEXT.items())
"""Features that are counted for everyone registered, to compare a person with others at home and at the practice."""


def describe(
    cohort: pl.DataFrame,
    people: pl.DataFrame,
    registrations: pl.DataFrame,
    areas: pl.DataFrame | None,
    as_of: dt.date,
) -> pl.DataFrame:
    """The cohort with the columns that facts may use, sorted by person.

    `people` is everyone registered (`pipeline.registrations`), with the columns of `CONTEXT`. Households and norms are
    those of the day before, so people who come, leave or return on the as-of date do not change them. Columns that a
    site's areas lack are added empty, because the set of features never depends on the data.
    """
    used = ("person", "age", "household_id", "practice_before", "registered_from", "known_from", *_CONTEXT)
    settled = people.select(*used, "settled").filter("settled")
    households = _households(settled, registrations, as_of)
    norms = settled.group_by("practice_before").agg(practice_gp_visits=pl.col("gp_visits").mean())
    days = {
        name: (pl.lit(as_of) - pl.col(start)).dt.total_days()
        for name, start in (("days_registered", "registered_from"), ("days_known", "known_from"))
    }
    of_person = (
        settled.select("person", "household_id", "practice_before", *_CONTEXT, **days)
        .join(households, on="household_id", how="left")
        .join(norms, on="practice_before", how="left")
        .drop("household_id", "practice_before")
    )
    described = cohort.join(of_person, on="person", how="left", maintain_order="left")
    if areas is not None:
        places = areas.drop("imd_decile", "row_id", strict=False).unique("lsoa_code", keep="first", maintain_order=True)
        described = described.join(places, on="lsoa_code", how="left", maintain_order="left")
    return described.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in AREA if name not in described.columns
    )


def _households(settled: pl.DataFrame, registrations: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """One row per address: who lives there, and who moved in, left and died in the year before `as_of`."""
    at_home = settled.filter(pl.col("household_id").is_not_null())
    households = at_home.group_by("household_id").agg(**HOUSEHOLD)
    changes = _changes(
        at_home.select("person", "household_id", "registered_from"), _spells_at_home(registrations, as_of), as_of
    )
    changed = pl.concat(rows.select("person", "household_id", change=pl.lit(name)) for name, rows in changes.items())
    counts = (
        changed.unique().group_by("household_id").agg((pl.col("change") == name).sum().alias(name) for name in changes)
    )
    return households.join(counts, on="household_id", how="left").with_columns(pl.col(*changes).fill_null(0))


def _spells_at_home(registrations: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """`person, household_id, registered_from, registered_to, death_date` of the rows with an address that began before
    `as_of`.
    """
    absent = {"household_id": pl.String, "registered_to": pl.Date, "death_date": pl.Date}
    missing = [pl.lit(None, kind).alias(name) for name, kind in absent.items() if name not in registrations.columns]
    rows = registrations.with_columns(missing).select(
        "person", "household_id", "registered_from", "registered_to", "death_date"
    )
    return rows.filter(pl.col("registered_from") < as_of, pl.col("household_id").is_not_null())


def _changes(now: pl.DataFrame, once: pl.DataFrame, as_of: dt.date) -> dict[str, pl.DataFrame]:
    """Who moved to, left and died at an address in the year before `as_of`.

    A new registration of somebody who was there before (with another practice, for example) is not an arrival. A death
    counts where the person was registered at the time, not at addresses left long before.
    """
    until = pl.col("registered_to")
    before = once.filter(pl.col("registered_from") < as_of - YEAR, until.is_null() | (until >= as_of - YEAR))
    over = once.filter(_in_year("registered_to", as_of) | _in_year("death_date", as_of))
    elsewhere = _not_in(over, now)
    was_there = until.is_null() | (until >= pl.col("death_date"))
    return {
        "household_joined": _not_in(now.filter(_in_year("registered_from", as_of)), before),
        "household_left": elsewhere.filter(_in_year("registered_to", as_of)),
        "household_deaths": elsewhere.filter(_in_year("death_date", as_of), was_there),
    }


def _not_in(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Rows of people who are not at the same address in `others`, which are first reduced to the same people, because
    numbers are faster to compare than addresses.
    """
    of_them = others.join(rows, on="person", how="semi")
    return rows.join(of_them, on=["person", "household_id"], how="anti")


def _in_year(date: str, as_of: dt.date) -> pl.Expr:
    return pl.col(date).is_between(as_of - YEAR, as_of, closed="left")
