"""Collects what was known about people on the day when a programme began for them. A comparison may adjust for all of
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from data_schemas.errors import ConfigurationError
from data_schemas.nearest import nearest
from pipeline.concepts import Concepts
from pipeline.programme.follow_up import OUTCOMES, YEAR_DAYS
from pipeline.programme.records import Records

FIXED = ("age", "sex_male")
EARLIER = (
    "admissions_year_before",
    "unplanned_admissions_year_before",
    "bed_days_year_before",
    "ae_attendances_year_before",
)
"""Use of care in the 365 days before the start. Only available if records go back that far."""
MONTH_BEFORE = "admissions_month_before"
"""A negative control: nothing that began later can change it."""
OLDER_FROM = 65
"""The age in years at which subgroups are divided."""
AFTER_ASSIGNMENT = ("end_date", "kind")
"""Columns of `interventions` that are filled in after people were assigned."""
MONTH_DAYS = 30
SEEN_SHARE = 0.95
"""The year before is compared if at least this share of people were registered throughout."""


@dataclass(frozen=True)
class Before:
    """What was known at the start. `values` has one row per unit: `unit` and a number for each of `names`, never
    missing.
    """

    values: pl.DataFrame
    names: tuple[str, ...]
    has_year_before: bool


def before(people: pl.DataFrame, known: Records) -> Before:
    """Age, sex and use of care in the year before the start, for `people` (`unit, person, start_date`)."""
    facts = people.join(known.people, on="person", how="left")
    age = (pl.col("start_date") - pl.col("birth_month")).dt.total_days() / 365.25
    values = facts.select(
        "unit", age=age.fill_null(age.mean()), sex_male=(pl.col("sex") == "1").fill_null(value=False).cast(pl.Float64)
    )
    past = use_of_care(people, known)
    has_year = past["seen"].sum() >= SEEN_SHARE * max(past.height, 1)
    names = (*FIXED, *EARLIER) if has_year else FIXED
    return Before(values.join(past.drop("seen"), on="unit").sort("unit"), names, has_year)


def divisions(has_year_before: bool) -> dict[str, pl.Expr]:
    """The groups used to check whether a programme had the same effect on everybody, by name. They are fixed before any
    outcome is read.
    """
    older = pl.when(pl.col("age") >= OLDER_FROM).then(pl.lit(f"{OLDER_FROM} and over"))
    stayed = pl.when(pl.col("unplanned_admissions_year_before") > 0).then(pl.lit("one or more"))
    bands = {
        "age": older.otherwise(pl.lit(f"under {OLDER_FROM}")),
        "sex": pl.when(pl.col("sex_male") == 1).then(pl.lit("male")).otherwise(pl.lit("not male")),
    }
    earlier = {"unplanned stays in the year before": stayed.otherwise(pl.lit("none"))} if has_year_before else {}
    return bands | earlier


def use_of_care(people: pl.DataFrame, known: Records) -> pl.DataFrame:
    """`unit`, the counts of `EARLIER` and `MONTH_BEFORE`, and `seen`: whether the person was registered and records
    exist for the whole year before.
    """
    begins = pl.col("start_date") - pl.duration(days=YEAR_DAYS)
    near = people.select("unit", "person", "start_date").join(known.stays, on="person", how="left")
    within = (pl.col("admitted") >= begins) & (pl.col("admitted") < pl.col("start_date"))
    last = pl.min_horizontal(pl.col("discharged").fill_null(known.end), "start_date")
    nights = pl.when(within).then((last - pl.col("admitted")).dt.total_days().clip(0))
    lately = within & (pl.col("admitted") >= pl.col("start_date") - pl.duration(days=MONTH_DAYS))
    stays = near.group_by("unit").agg(
        admissions_year_before=within.sum(),
        unplanned_admissions_year_before=(within & pl.col("is_unplanned")).sum(),
        bed_days_year_before=nights.sum(),
        admissions_month_before=lately.sum(),
    )
    visits = people.select("unit", "person", "start_date").join(known.attendances, on="person", how="left")
    came = (pl.col("date") >= begins) & (pl.col("date") < pl.col("start_date"))
    visited = visits.group_by("unit").agg(ae_attendances_year_before=came.sum())
    numbers = [*EARLIER, MONTH_BEFORE]
    return (
        seen_before(people, known)
        .join(stays, on="unit", how="left")
        .join(visited, on="unit", how="left")
        .with_columns(pl.col(numbers).fill_null(0).cast(pl.Float64))
        .select("unit", *numbers, "seen")
    )


def seen_before(people: pl.DataFrame, known: Records) -> pl.DataFrame:
    """`unit, seen`: whether hospital records and the person's registration start at least a year before."""
    begins = pl.col("start_date") - pl.duration(days=YEAR_DAYS)
    spans = people.select("unit", "person", "start_date").join(known.registered, on="person")
    through = (pl.col("registered_from") <= begins) & (pl.col("gone_from") >= pl.col("start_date"))
    seen = spans.filter(through & (begins >= pl.lit(known.first_day))).select("unit", seen=pl.lit(value=True)).unique()
    return people.select("unit").join(seen, on="unit", how="left").with_columns(pl.col("seen").fill_null(value=False))


def recorded(
    people: pl.DataFrame, gp_events: pl.DataFrame | None, concepts: Concepts, names: Sequence[str]
) -> pl.DataFrame:
    """`unit` and, for each named concept of the code lists, the last value recorded by the start; the mean if there is
    none.

    Raises ConfigurationError for names that are not concepts, and for records dated after assignment, which the
    programme may have changed.
    """
    if problems := [problem for name in names if (problem := _refused(name, concepts))]:
        raise ConfigurationError(problems)
    values = people.select("unit")
    for name in names:
        rows = _dated(people, gp_events, concepts, name)
        _refuse_later(name, rows)
        known = rows.filter(pl.col("date") <= pl.col("start_date")).sort("unit", "date", "value")
        last = known.unique("unit", keep="last").select("unit", pl.col("value").alias(name))
        values = values.join(last, on="unit", how="left").with_columns(pl.col(name).fill_null(pl.col(name).mean()))
    return values.sort("unit")


def _refused(name: str, concepts: Concepts) -> str | None:
    if name in (*AFTER_ASSIGNMENT, *OUTCOMES):
        return f"--adjust {name}: is dated after assignment, so the programme may have changed it; take it out"
    listed = concepts.listed
    if name not in listed:
        return f"--adjust {name}: there is no concept of that name in the code lists{nearest(name, listed)}"
    return None


def _dated(people: pl.DataFrame, gp_events: pl.DataFrame | None, concepts: Concepts, name: str) -> pl.DataFrame:
    """`unit, start_date, date, value` of each record of a concept. A record without a value counts as 1."""
    if gp_events is None:
        raise ConfigurationError(
            f"--adjust {name}: needs gp_events; add its section to site.toml, or leave out this option"
        )
    codes = concepts.exact_codes.filter(pl.col("concept") == concepts.ids[name])["code"]
    rows = gp_events.filter(pl.col("code").is_in(codes.implode()))
    value = pl.col("value").fill_null(1.0) if "value" in rows.columns else pl.lit(1.0)
    known = pl.coalesce("recorded_date", "event_date") if "recorded_date" in rows.columns else pl.col("event_date")
    dated = rows.select("person", date=known, value=value)
    return people.select("unit", "person", "start_date").join(dated, on="person")


def _refuse_later(name: str, rows: pl.DataFrame) -> None:
    """Raise an error for a column that most people only have since they were assigned."""
    first = rows.group_by("unit").agg(pl.col("date").min(), pl.col("start_date").first())
    later = first.filter(pl.col("date") > pl.col("start_date")).height
    if first.is_empty() or 2 * later > first.height:
        what = (
            "is recorded for nobody of the programme"
            if first.is_empty()
            else "is dated after assignment for most people"
        )
        raise ConfigurationError(
            f"--adjust {name}: {what}; only what was known by then can be adjusted for, so leave it out"
        )


def with_more(facts: Before, more: Sequence[pl.DataFrame]) -> Before:
    """Add further numbers, from frames with `unit`."""
    values, names = facts.values, list(facts.names)
    for frame in more:
        added = [name for name in frame.columns if name not in values.columns]
        values = values.join(frame.select("unit", *added), on="unit", how="left", maintain_order="left")
        names += added
    return Before(values, tuple(names), facts.has_year_before)
