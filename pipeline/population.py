"""Works out who is followed from an as-of date, and what happened to them. Nothing else in a snapshot looks past it."""

from __future__ import annotations

import datetime as dt
from functools import reduce

import polars as pl

from data_schemas.hospital import UNPLANNED_METHODS
from data_schemas.outcomes import Outcome
from data_schemas.receipts import Notice
from pipeline import words
from pipeline.before import before, latest_before
from pipeline.registrations import EVER
from pipeline.spells import spells

AGE_BANDS = {"0-17": 0, "18-39": 18, "40-64": 40, "65-74": 65, "75-84": 75, "85+": 85}
"""Age band → the age at which it begins."""
CARE_PACKAGE, CARE_PACKAGE_DAYS = "care_package", 365
UNASSIGNED = "unassigned"
"""Cluster of people whose practice is not in `practices`."""


def age_band(age: pl.Expr) -> pl.Expr:
    """The band of `AGE_BANDS` for an age in whole years."""
    youngest, *older = AGE_BANDS
    return reduce(
        lambda band, name: pl.when(age >= AGE_BANDS[name]).then(pl.lit(name)).otherwise(band), older, pl.lit(youngest)
    )


def cohort(
    people: pl.DataFrame, practices: pl.DataFrame, areas: pl.DataFrame | None, minimum_age: int
) -> tuple[pl.DataFrame, list[Notice]]:
    """The registered people (`pipeline.registrations`) who are on a practice list and old enough, with cluster and
    area, and notices.
    """
    clusters = practices.select("practice_code", "cluster_code").unique(
        "practice_code", keep="first", maintain_order=True
    )
    members = (
        people.filter(pl.col("on_list"), pl.col("age") >= minimum_age)
        .join(clusters, on="practice_code", how="left", maintain_order="left")
        .with_columns(pl.col("cluster_code").fill_null(UNASSIGNED), age_band=age_band(pl.col("age")))
        .join(_deciles(areas), on="lsoa_code", how="left", maintain_order="left")
    )
    who = ("person", "person_id", "practice_code", "cluster_code", "age", "age_band", "sex")
    where = ("ethnicity", "lsoa_code", "household_id", "birth_month", "imd_decile")
    return members.select(*who, *where), _notices(members)


def _deciles(areas: pl.DataFrame | None) -> pl.DataFrame:
    if areas is None or "imd_decile" not in areas.columns:
        return pl.DataFrame(schema={"lsoa_code": pl.String, "imd_decile": pl.Float64})
    return areas.select("lsoa_code", "imd_decile").unique("lsoa_code", keep="first", maintain_order=True)


def _notices(people: pl.DataFrame) -> list[Notice]:
    unassigned = people.filter(pl.col("cluster_code") == UNASSIGNED).height
    disagreeing = int(people["disagrees"].sum())
    notices = []
    if unassigned:
        detail = (
            f"people registered at a practice that is not in practices: {unassigned:,}; their cluster is `{UNASSIGNED}`"
        )
        notices.append(Notice("unassigned_practice", detail))
    if disagreeing:
        detail = f"sex or birth month differ between registrations of {words.people(disagreeing)}; the newest before the as-of date counts"
        notices.append(Notice("registrations_disagree", detail))
    return notices


def outcomes(
    cohort: pl.DataFrame,
    registrations: pl.DataFrame,
    dates: pl.DataFrame,
    stays: pl.DataFrame,
    as_of: dt.date,
    horizon_days: int,
) -> pl.DataFrame:
    """What happened to each person of `cohort` in the half-open window, one row per person in cohort order.

    `dates` holds `person, date` of the outcome's events and `stays` the unplanned spells, of any time. Columns:
    `person, event, days_to_event, died, left, days_observed, bed_days` (see docs/explanation/architecture.md).
    """
    end = as_of + dt.timedelta(days=horizon_days)
    within = pl.col("date").is_between(as_of, end, closed="left")
    first = dates.filter(within).group_by("person").agg(event_date=pl.col("date").min())
    followed = cohort.select("person")
    for part in (first, deaths(registrations), unregistered_from(registrations, as_of), bed_days(stays, as_of, end)):
        followed = followed.join(part, on="person", how="left", maintain_order="left")
    event, death, gone = pl.col("event_date"), pl.col("death_date"), pl.col("gone_from")
    died = (death < end).fill_null(value=False) & (event.is_null() | (death < event))
    left = (gone < end) & ~(event < gone).fill_null(value=False) & ~(death <= gone).fill_null(value=False)
    observed_until = pl.min_horizontal(event, death, gone, pl.lit(end))
    return followed.select(
        "person",
        event=event.is_not_null(),
        days_to_event=_days(event, as_of),
        died=died,
        left=left.fill_null(value=False),
        days_observed=_days(observed_until, as_of),
        bed_days=pl.col("bed_days").fill_null(0),
    )


def _days(date: pl.Expr, as_of: dt.date) -> pl.Expr:
    return (date - as_of).dt.total_days().cast(pl.Int32)


def deaths(registrations: pl.DataFrame) -> pl.DataFrame:
    """`person, death_date`: the earliest recorded date of death."""
    if "death_date" not in registrations.columns:
        return pl.DataFrame(schema={"person": registrations.schema["person"], "death_date": pl.Date})
    recorded = registrations.select("person", "death_date").drop_nulls()
    return recorded.group_by("person").agg(pl.col("death_date").min())


def unregistered_from(registrations: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """`person, gone_from`: the first day from `as_of` on which people then registered no longer are."""
    at = (pl.col("registered_from") <= as_of) & (pl.col("gone_from") > as_of) & (pl.col("gone_from") < EVER)
    return registered_spans(registrations).filter(at).select("person", "gone_from")


def registered_spans(registrations: pl.DataFrame) -> pl.DataFrame:
    """`person, registered_from, gone_from`: periods without a gap during which a person is registered with any
    practice. Open ends are far in the future.
    """
    rows = registrations if "registered_to" in registrations.columns else registrations.with_columns(registered_to=None)
    spans = rows.select("person", "registered_from", until=pl.col("registered_to").cast(pl.Date).fill_null(EVER)).sort(
        "person", "registered_from", "until"
    )
    reach = latest_before(pl.col("until"), "person")
    island = (pl.col("registered_from") > reach).fill_null(value=True).cum_sum()
    return (
        spans.with_columns(island=island.set_sorted())  # grouping by sorted numbers takes a third of the time
        .group_by("island")
        .agg(pl.col("person").first(), pl.col("registered_from").min(), gone_from=pl.col("until").max())
        .select("person", "registered_from", "gone_from")
    )


def bed_days(stays: pl.DataFrame, as_of: dt.date, end: dt.date) -> pl.DataFrame:
    """`person, bed_days` (int32): days in hospital in the window, for stays that began in it. Open stays last to its
    end.
    """
    begun = stays.filter(pl.col("date").is_between(as_of, end, closed="left"))
    until = pl.min_horizontal(pl.col("discharge_date").fill_null(end), pl.lit(end))
    return begun.group_by("person").agg(bed_days=(until - pl.col("date")).dt.total_days().sum().cast(pl.Int32))


def unplanned(admissions: pl.DataFrame) -> pl.DataFrame:
    """All unplanned spells: `person, date, discharge_date, diagnosis` (the primary one)."""
    is_unplanned = pl.col("admission_method").is_in(UNPLANNED_METHODS)
    people = admissions.filter(is_unplanned)["person"].unique()  # nobody else can have an unplanned spell
    found = spells(admissions.filter(pl.col("person").is_in(people.implode()))).filter(is_unplanned)
    return found.select("person", "discharge_date", "diagnosis", date="admission_date")


def outcome_dates(
    outcome: Outcome,
    stays: pl.DataFrame,
    registrations: pl.DataFrame,
    attendances: pl.DataFrame | None,
    acsc_codes: pl.Series,
    council: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """`person, date` of every event of the named outcome, at any time."""
    admitted = stays.select("person", "date")
    if outcome == "unplanned_admission":
        return admitted
    if outcome == "unplanned_or_death":
        return pl.concat([admitted, deaths(registrations).rename({"death_date": "date"})])
    if outcome == "acsc_admission":
        return stays.filter(pl.col("diagnosis").is_in(acsc_codes.implode())).select("person", "date")
    if outcome == "admission_or_care_package":
        return admitted if council is None else pl.concat([admitted, new_care_packages(council)])
    if attendances is None:
        return admitted.clear()
    return attendances.select("person", date="arrival_date")


def new_care_packages(council: pl.DataFrame) -> pl.DataFrame:
    """`person, date` of each new care package: one on record with none in the year before. A review is not a new
    package.
    """
    days = (
        council.filter(pl.col("category") == CARE_PACKAGE)
        .select("person", date="recorded_date")
        .unique()
        .sort("person", "date")
    )
    since = (pl.col("date") - before(pl.col("date"), "person")).dt.total_days()
    return days.filter(since.is_null() | (since > CARE_PACKAGE_DAYS))
