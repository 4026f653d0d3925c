"""Works out what happened to people from the day when a programme began for them, in one window or year by year."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.programme.records import Records

YEAR_DAYS = 365
HAPPENED = ("any_admission", "unplanned_admission", "acsc_admission", "unplanned_or_death", "ae_attendance", "death")
"""Outcomes that can only happen or not happen to a person in a window."""
COUNTED = ("admissions", "unplanned_admissions", "bed_days", "ae_attendances")
"""Outcomes that can happen several times and are counted."""
CATARACT_OPERATION = "planned_cataract_admission"
OUTCOMES = (*HAPPENED, *COUNTED)
_WITH_DEATH = ("death", "unplanned_or_death")


def count_of(outcome: str) -> str:
    """The count that belongs to an outcome, for comparing before and after."""
    counts = {"unplanned_admission": "unplanned_admissions", "ae_attendance": "ae_attendances", "bed_days": "bed_days"}
    return counts.get(outcome, outcome if outcome in COUNTED else "admissions")


def rows_for(followed: pl.DataFrame, outcome: str) -> pl.DataFrame:
    """The rows of `follow_up` used for an outcome: `unit, y, exposure`.

    An outcome that happens or not has an exposure of one per row; counts have years. A year cut short by death counts
    in full if death is the outcome. In a single window, a person lost before its end without the outcome is left out,
    as when models are tested.
    """
    kept = pl.col("kept")
    if outcome in _WITH_DEATH:
        kept |= pl.col("died")
    is_count = outcome in COUNTED
    if not is_count:
        kept &= pl.col("complete") | pl.col("died") | (pl.col(outcome) > 0) | ~pl.col("single")
    exposure = pl.col("days") / YEAR_DAYS if is_count else pl.lit(1.0)
    return followed.filter(kept).select("unit", y=pl.col(outcome).cast(pl.Float64), exposure=exposure)


def follow_up(people: pl.DataFrame, known: Records, horizon_days: int) -> pl.DataFrame:
    """One row per unit and window: `unit, year, days, complete, died, kept, single` and every outcome.

    `people` has `unit, person, start_date` and may have `until`, a day on which follow-up ends early. A horizon of up
    to 365 days is one window. A longer one is cut into years from the start date, and a last year of less than half its
    days is not `kept` (contract section 5).
    """
    windows = _windows(people, known, horizon_days)
    counted = windows
    for name, dates in _events(known).items():
        counted = counted.join(_counted(windows, name, dates), on=["unit", "year"], how="left")
    counted = counted.join(_bed_days(windows, known), on=["unit", "year"], how="left")
    names = [*_events(known), "bed_days"]
    filled = counted.with_columns(pl.col(names).fill_null(0))
    return filled.with_columns(
        any_admission=pl.col("admissions") > 0,
        unplanned_admission=pl.col("unplanned_admissions") > 0,
        acsc_admission=pl.col("acsc_admissions") > 0,
        ae_attendance=pl.col("ae_attendances") > 0,
        death=pl.col("died"),
        unplanned_or_death=(pl.col("unplanned_admissions") > 0) | pl.col("died"),
    ).sort("unit", "year")


def until(people: pl.DataFrame, known: Records) -> pl.DataFrame:
    """Add to `people` the day until which each can be followed (`lost_on`) and the day of death, if any
    (`death_date`).
    """
    spans = people.join(known.registered, on="person").filter(
        (pl.col("registered_from") <= pl.col("start_date")) & (pl.col("gone_from") > pl.col("start_date"))
    )
    lost = people.join(spans.select("unit", "gone_from"), on="unit", how="left").join(
        known.deaths, on="person", how="left"
    )
    early = pl.col("until") if "until" in people.columns else pl.lit(None, pl.Date)
    # A person registered nowhere that day is not followed at all, because missing records would look like good health.
    on_list = pl.col("gone_from").fill_null(pl.col("start_date"))
    return lost.with_columns(lost_on=pl.min_horizontal(on_list, early, pl.lit(known.end))).drop("gone_from")


def _windows(people: pl.DataFrame, known: Records, horizon_days: int) -> pl.DataFrame:
    single = horizon_days <= YEAR_DAYS
    length = horizon_days if single else YEAR_DAYS
    years = -(-horizon_days // length)
    cut = until(people, known).join(pl.DataFrame({"year": range(years)}, schema={"year": pl.Int32}), how="cross")
    begins = pl.col("start_date") + pl.duration(days=pl.col("year") * length)
    ends = pl.min_horizontal(
        begins + pl.duration(days=length), pl.col("start_date") + pl.duration(days=horizon_days)
    ).cast(pl.Date)
    seen_to = pl.min_horizontal("ends", "lost_on", "death_date")
    died = pl.col("death_date").is_between("begins", "ends", closed="left") & (
        pl.col("death_date") <= pl.col("lost_on")
    )
    windows = cut.with_columns(begins=begins.cast(pl.Date), ends=ends).with_columns(
        days=(seen_to - pl.col("begins")).dt.total_days(), died=died.fill_null(value=False), single=pl.lit(single)
    )
    least = 1 if single else YEAR_DAYS / 2
    return windows.filter((pl.col("days") > 0) | pl.col("died")).select(
        "unit", "person", "year", "start_date", "begins", "single", "died",
        pl.col("days").clip(0),
        until=(pl.col("begins") + pl.duration(days=pl.col("days").clip(0))).cast(pl.Date),
        complete=seen_to >= pl.col("ends"),
        kept=pl.col("days") >= least,
    )  # fmt: skip


def _events(known: Records) -> Mapping[str, pl.DataFrame]:
    """Count → its events (`person, date`)."""
    dated = known.stays.rename({"admitted": "date"})
    return {
        "admissions": dated,
        "unplanned_admissions": dated.filter("is_unplanned"),
        "acsc_admissions": dated.filter("is_acsc"),
        CATARACT_OPERATION: dated.filter("is_cataract"),
        "ae_attendances": known.attendances,
    }


def _counted(windows: pl.DataFrame, name: str, events: pl.DataFrame) -> pl.DataFrame:
    """Events within each window, from its first day to the last on which the person was followed. The day of death
    counts.
    """
    within = (pl.col("date") >= pl.col("begins")) & (
        (pl.col("date") < pl.col("until")) | (pl.col("died") & (pl.col("date") == pl.col("until")))
    )
    near = windows.select("unit", "person", "year", "begins", "until", "died").join(
        events.select("person", "date"), on="person"
    )
    return near.filter(within).group_by("unit", "year").agg(pl.len().cast(pl.Int32).alias(name))


def _bed_days(windows: pl.DataFrame, known: Records) -> pl.DataFrame:
    """Days in hospital in each window, for stays that began on or after the start date."""
    near = windows.select("unit", "person", "year", "start_date", "begins", "until").join(known.stays, on="person")
    begun = near.filter(pl.col("admitted") >= pl.col("start_date"))
    first = pl.max_horizontal("admitted", "begins")
    last = pl.min_horizontal(pl.col("discharged").fill_null(known.end), "until")
    days = (last - first).dt.total_days().clip(0)
    return begun.group_by("unit", "year").agg(bed_days=days.sum().cast(pl.Int32))
