"""What is on record about each person before a day, one row per person: the columns that rules and segments are written on.

A rule reads `ever("condition.chd")`, `within("strength.health_check", years(5))` or `latest("measure.systolic")`. The events come from
the event log and the hospital stays, and only those that happened and were known before the day count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import polars as pl

YEAR = 365
FIRST, LAST, TIMES, VALUE, MEASURED, TOTAL = "first", "last", "times", "value", "measured", "total"
TWO_YEARS = 2 * YEAR
AS_OF = "as_of"


def ever(*concepts: str) -> pl.Expr:
    """Whether any of the concepts is on record."""
    return pl.any_horizontal(*(pl.col(f"{LAST} {concept}").is_not_null() for concept in concepts))


def within(concept: str, days: int) -> pl.Expr:
    """Whether the concept is on record in the last so many days."""
    age = (pl.col(AS_OF) - pl.col(f"{LAST} {concept}")).dt.total_days()
    return (age <= days).fill_null(value=False)


def since(concept: str, day: dt.date) -> pl.Expr:
    """Whether the concept is on record on or after a day."""
    return (pl.col(f"{LAST} {concept}") >= day).fill_null(value=False)


def times(concept: str) -> pl.Expr:
    """How many days of the last year have the concept."""
    return pl.col(f"{TIMES} {concept}").fill_null(0)


def latest(concept: str) -> pl.Expr:
    """The value on the latest day that has one, the greatest of that day; null where there is none."""
    return pl.col(f"{VALUE} {concept}")


def total(concept: str) -> pl.Expr:
    """The sum of the values of the last two years."""
    return pl.col(f"{TOTAL} {concept}").fill_null(0)


def measured_within(concept: str, days: int) -> pl.Expr:
    """Whether a value of the concept was recorded in the last so many days."""
    age = (pl.col(AS_OF) - pl.col(f"{MEASURED} {concept}")).dt.total_days()
    return (age <= days).fill_null(value=False)


def newer(concept: str, than: str) -> pl.Expr:
    """Whether the concept is on record, and the other one not since."""
    last, other = pl.col(f"{LAST} {concept}"), pl.col(f"{LAST} {than}")
    return last.is_not_null() & (other.is_null() | (last >= other))


def concepts_in(*expressions: pl.Expr) -> set[str]:
    """The concepts that some expressions read."""
    kinds = {FIRST, LAST, TIMES, VALUE, MEASURED, TOTAL}
    parts = [name.split(" ", maxsplit=1) for each in expressions for name in each.meta.root_names() if " " in name]
    return {concept for kind, concept in parts if kind in kinds}


def recorded(
    people: pl.DataFrame, events: pl.LazyFrame, ids: Mapping[str, int], wanted: Collection[str], as_of: dt.date
) -> pl.DataFrame:
    """`people` with `as_of` and, for each wanted concept, what is on record of it before the day.

    `events` has the columns of the event log; `ids` gives each concept's number. A concept that the site does not have is never on
    record.
    """
    names = {ids[concept]: concept for concept in sorted(wanted) if concept in ids}
    seen = events.filter(
        pl.col("concept").is_in(list(names)), pl.col("happened") < as_of, pl.col("known") < as_of
    ).with_columns(pl.col("concept").replace_strict(names, return_dtype=pl.String))
    long = seen.group_by("person", "concept").agg(*_facts(as_of)).collect(engine="streaming")
    apart = long.partition_by("concept", as_dict=True, include_key=False)
    nobody = long.drop("concept").clear()
    wide = people.with_columns(pl.lit(as_of).alias(AS_OF))
    for concept in sorted(wanted):
        own = apart.get((concept,), nobody)
        wide = wide.join(
            own.rename({name: f"{name} {concept}" for name in own.columns[1:]}),
            on="person",
            how="left",
            maintain_order="left",
        )
    return wide


def _facts(as_of: dt.date) -> list[pl.Expr]:
    happened, value = pl.col("happened"), pl.col("value")
    has_value = value.is_not_null()
    measured = happened.filter(has_value).max()
    recent = happened.filter(happened >= as_of - dt.timedelta(days=YEAR))
    return [
        happened.min().alias(FIRST),
        happened.max().alias(LAST),
        recent.n_unique().alias(TIMES),
        measured.alias(MEASURED),
        value.filter(has_value & (happened == measured)).max().alias(VALUE),
        value.filter(happened >= as_of - dt.timedelta(days=TWO_YEARS)).cast(pl.Float64).sum().alias(TOTAL),
    ]
