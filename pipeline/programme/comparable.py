"""Finds cases and the people who could be compared with them, as known on the first of a month. Matching uses these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet
from data_schemas.feature_parts import scan_parts
from data_schemas.receipts import Snapshot

FRAILTY = (0.12, 0.24, 0.36)
"""Thresholds of the electronic Frailty Index: mild, moderate, severe (Clegg and others 2016)."""
PRIOR = (1, 2)
"""Edges of the groups by emergency admissions in the year before: none, one, several."""
EXACT = ["month", "sex", "age_band", "frailty_band", "prior_band"]
USED = ("frailty_index", "emergency_admissions_1y")
LEAST, MOST = 1e-6, 1 - 1e-6


def month_of(day: pl.Expr) -> pl.Expr:
    """The first day of a date's month."""
    return day.dt.truncate("1mo")


def at_month(snapshot: Snapshot, risks: Path) -> pl.DataFrame:
    """Everyone scored on the first of a month: `person, month, sex, age_band, frailty_band, prior_band, logit`."""
    known = scan_parts(snapshot.folder)
    values = known.select("person", *(name for name in USED if name in known.collect_schema())).collect()
    cohort = read_parquet(snapshot.folder / "cohort.parquet", columns=["person", "sex", "age_band"])
    risk = pl.col("risk").clip(LEAST, MOST)
    return (
        cohort.join(read_parquet(risks, columns=["person", "risk"]), on="person")
        .join(values, on="person", how="left")
        .with_columns(
            month=pl.lit(snapshot.as_of),
            frailty_band=_band(values, "frailty_index", FRAILTY),
            prior_band=_band(values, "emergency_admissions_1y", PRIOR),
            logit=(risk / (1 - risk)).log(),
        )
        .select("person", *EXACT, "logit")
    )


def _band(values: pl.DataFrame, name: str, edges: Sequence[float]) -> pl.Expr:
    """The band of each value: how many of the edges it has reached. 0 for everybody if the site lacks the feature."""
    if name not in values.columns:
        return pl.lit(0)
    value = pl.col(name).fill_null(0)
    return reduce(lambda band, edge: band + (value >= edge).cast(pl.Int32), edges, pl.lit(0))


def cases_and_pool(treated: pl.DataFrame, everyone: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cases on the day when the programme began for them, and everybody in the same months for whom it had not begun.

    `treated` has `person, start_date`; `everyone` has rows of `at_month`. Both results have `free_until`, the day on
    which the programme began for the person, or null.
    """
    began = treated.select("person", free_until="start_date")
    with_month = treated.select("person", "start_date", month=month_of(pl.col("start_date")))
    cases = everyone.join(with_month, on=["person", "month"]).with_columns(free_until="start_date")
    pool = everyone.join(began, on="person", how="left").with_columns(start_date="month")
    not_yet = pl.col("free_until").is_null() | (pl.col("free_until") > pl.col("month"))
    return cases.sort("person"), pool.filter(not_yet).sort("month", "person")


def months(treated: pl.DataFrame, first: dt.date, last: dt.date) -> list[dt.date]:
    """The months in which the programme began for anybody, within the period of the records."""
    starts = treated.select(month_of(pl.col("start_date")).unique().sort()).to_series()
    return [day for day in starts if first < day <= last]


def paired(
    cases: pl.DataFrame, pool: pl.DataFrame, sets: pl.DataFrame, until: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The units to follow: each matched case once, and each of its controls from the case's start date.

    `sets` has the rows `case` and `control` and the control's `weight`. `until` (`person, lost_on` of cases) ends the
    follow-up of controls with that of their case.
    """
    numbered = cases.with_row_index("case").with_columns(pl.col("case").cast(pl.Int64))
    used = numbered.join(sets.select("case").unique(), on="case").sort("case")
    ours = used.select("case", "person", "start_date", "logit", offered=pl.lit(value=True), weight=pl.lit(1.0))
    others = (
        pool.with_row_index("control")
        .with_columns(pl.col("control").cast(pl.Int64))
        .select("control", "person", "logit")
    )
    theirs = (
        sets.join(used.select("case", "start_date"), on="case")
        .join(others, on="control")
        .select("case", "person", "start_date", "logit", offered=pl.lit(value=False), weight="weight")
    )
    units = pl.concat([ours, theirs])
    if until is not None:
        ends = used.join(until, on="person", how="left").select("case", until="lost_on")
        units = units.join(ends, on="case", how="left", maintain_order="left")
    named = units.with_row_index("unit").with_columns(
        pl.col("unit").cast(pl.Int64), group=pl.col("person").cast(pl.Int64)
    )
    return named.drop("case")
