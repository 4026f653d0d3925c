"""Counts outcomes by cluster and month, to plan and evaluate stepped roll-outs."""

from __future__ import annotations

import datetime as dt

import polars as pl

from data_schemas.errors import ConfigurationError
from pipeline.programme.follow_up import CATARACT_OPERATION, HAPPENED, YEAR_DAYS
from pipeline.programme.records import Records

MONTHS_BEFORE = 12
MOST_MONTHS = 48
FEWEST_CLUSTERS = 3


def panel(known: Records, outcome: str, first: dt.date, last: dt.date) -> pl.DataFrame:
    """`cluster_code, month, people, events, years`: people registered on the first of each month, and their events in
    it.

    Months are from `first` until before `last`. If an outcome can only happen or not, a person counts at most once a
    month.
    """
    months = pl.date_range(first, last, "1mo", closed="left", eager=True)
    people = known.people.select("person", "cluster_code").drop_nulls("cluster_code")
    spans = known.registered.join(people, on="person").join(known.deaths, on="person", how="left")
    counted = [
        _present(spans, month).group_by("cluster_code").agg(people=pl.col("person").n_unique(), month=pl.lit(month))
        for month in months
    ]
    dated = events(known, outcome).join(people, on="person").with_columns(month=pl.col("date").dt.truncate("1mo"))
    once = dated.unique(["person", "month"]) if outcome in HAPPENED else dated
    happened = once.group_by("cluster_code", "month").agg(events=pl.col("value").sum())
    cells = pl.concat(counted).join(happened, on=["cluster_code", "month"], how="left")
    years = pl.col("people") * pl.col("month").dt.month_end().dt.day() / YEAR_DAYS
    return cells.with_columns(pl.col("events").fill_null(0.0), years=years).sort("cluster_code", "month")


def events(known: Records, outcome: str) -> pl.DataFrame:
    """`person, date, value` of every event of an outcome. Bed days count on the day of admission."""
    stays = known.stays.rename({"admitted": "date"})
    visits, one = known.attendances, pl.lit(1.0)
    nights = (pl.col("discharged").fill_null(known.end) - pl.col("date")).dt.total_days().cast(pl.Float64)
    died = known.deaths.rename({"death_date": "date"})
    unplanned = stays.filter("is_unplanned")
    by_outcome = {
        "any_admission": stays, "admissions": stays, "bed_days": stays, "unplanned_admission": unplanned, "unplanned_admissions": unplanned,
        "acsc_admission": stays.filter("is_acsc"), CATARACT_OPERATION: stays.filter("is_cataract"), "ae_attendance": visits,
        "ae_attendances": visits, "death": died,
        "unplanned_or_death": pl.concat([unplanned.select("person", "date"), died.select("person", "date")]),
    }[outcome]  # fmt: skip
    return by_outcome.select("person", "date", value=nights if outcome == "bed_days" else one)


def _present(spans: pl.DataFrame, month: dt.date) -> pl.DataFrame:
    """Registration periods of people who were alive and registered on the first of a month."""
    return spans.filter(
        pl.col("registered_from") <= month,
        pl.col("gone_from") > month,
        pl.col("death_date").is_null() | (pl.col("death_date") >= month),
    )


def cluster_starts(began: pl.DataFrame, known: Records) -> dict[str, dt.date | None]:
    """Cluster → the first of the month in which the programme began for its first people. None if it never did.

    `began` has `person, start_date`. Raises ConfigurationError if too few clusters differ for a stepped comparison.
    """
    placed = known.people.select("person", "cluster_code").drop_nulls("cluster_code")
    first = began.join(placed, on="person").group_by("cluster_code").agg(pl.col("start_date").min().dt.truncate("1mo"))
    first_months = dict(first.iter_rows())
    starts = {code: first_months.get(code) for code in placed["cluster_code"].unique().sort()}
    if len(starts) < FEWEST_CLUSTERS or len(set(starts.values())) < 2:  # noqa: PLR2004 - two different starts
        raise ConfigurationError(
            f"--design stepped: needs {FEWEST_CLUSTERS} clusters or more that start in different months; here are {len(starts)}, with "
            f"{len(set(starts.values()))} different starts. Use --design matched"
        )
    return starts
