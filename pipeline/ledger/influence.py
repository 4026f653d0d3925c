"""Works out whom lists affected before and during the window of an as-of date, so that training can allow for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet, write_parquet
from data_schemas.pseudonyms import Kind, folded
from pipeline.ledger import entries
from pipeline.ledger.outcome_words import OUTCOMES

FOLDER = "influence"
LASTS_DAYS = 365
"""Number of days for which being reached may lower a person's risk."""
LIST_DAYS = 31
"""A list belongs to an as-of date if it was made within this many days of it."""
MODEL, TAKEN_OFF = "model", "taken off"
"""How a person came onto the list of an as-of date, apart from `team`, or was taken off."""
SCHEMA = {
    "person": pl.Int32, "person_id": pl.String, "listed": pl.Boolean, "listed_lately": pl.Boolean, "reached_in": pl.Int32,
    "reached_before": pl.Boolean, "seen_in": pl.Int32, "seen_before": pl.Boolean, "risk": pl.Float64,
    "chosen": pl.String,
}  # fmt: skip


def influence(store: Path, people: pl.DataFrame, as_of: dt.date, horizon_days: int) -> pl.DataFrame:
    """One row for every person a list affected (`SCHEMA`); `people` is `person, person_id`.

    `listed`: on a list made within a month of `as_of`; `listed_lately`: on one of the year before. `reached_in`,
    `seen_in`: days to the first time in the window, null if never; `reached_before`, `seen_before`: within the year
    before, so that support may still work. `risk`: the risk on the list they were on when first reached in the window,
    null if they were not reached or not listed before. `chosen`: who put them on the list of `as_of` (`model` or
    `team`), or took them off it (`taken off`).
    """
    end, year = as_of + dt.timedelta(days=horizon_days), as_of - dt.timedelta(days=LASTS_DAYS)
    day, releases = pl.col("as_of"), entries.read(store, "releases")
    soon = day.is_between(as_of, as_of + dt.timedelta(days=LIST_DAYS), closed="left")
    by_team = (soon & (pl.col("chosen") == entries.TEAM)).any()
    by_person = releases.group_by("person_id").agg(
        listed=soon.any(),
        listed_lately=day.is_between(year, as_of, closed="left").any(),
        listed_by=pl.when(by_team).then(pl.lit(entries.TEAM)).when(soon.any()).then(pl.lit(MODEL)),
    )  # fmt: skip
    outcomes = entries.read(store, "outcomes")
    for came in (*_dated(outcomes, as_of, end, year), _taken_off(outcomes, as_of)):
        by_person = by_person.join(came, on="person_id", how="full", coalesce=True)
    flags = [name for name, kind in SCHEMA.items() if kind == pl.Boolean]
    known = by_person.join(_risk_when_reached(by_person, releases), on="person_id", how="left").join(
        people, on="person_id"
    )
    touched = pl.any_horizontal(*flags, pl.col("reached", "seen", "taken_off").is_not_null())
    return (
        known.with_columns(pl.col(flags).fill_null(value=False))
        .filter(touched)
        .with_columns((pl.col(name) - as_of).dt.total_days().alias(f"{name}_in") for name in ("reached", "seen"))
        .with_columns(chosen=pl.coalesce("taken_off", "listed_by"))
        .select(*SCHEMA)
        .cast(SCHEMA)  # type: ignore[arg-type]
        .sort("person")
    )


def _dated(outcomes: pl.DataFrame, as_of: dt.date, end: dt.date, year: dt.date) -> Iterator[pl.DataFrame]:
    """Two frames, about being reached and being seen: `person_id`, the first such day in the window, and whether there
    was one in the year before.
    """
    came, day = outcomes.filter(kind="outcome"), pl.col("outcome_date")
    for name, choices in (
        ("reached", [one.name for one in OUTCOMES if one.reached]),
        ("seen", [one.name for one in OUTCOMES if one.seen]),
    ):
        yield (
            came.filter(pl.col("outcome").is_in(choices))
            .group_by("person_id")
            .agg(
                day.filter(day.is_between(as_of, end, closed="left")).min().alias(name),
                day.is_between(year, as_of, closed="left").any().alias(f"{name}_before"),
            )
        )


def _taken_off(outcomes: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """`person_id, taken_off` of people whom the team took off within a month of `as_of`."""
    near = (pl.col("outcome_date") - as_of).dt.total_days().abs() < LIST_DAYS
    return outcomes.filter(kind="take_off").filter(near).select("person_id", taken_off=pl.lit(TAKEN_OFF)).unique()


def _risk_when_reached(touched: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """`person_id, risk` from the newest list that the person was on by the day they were first reached."""
    lists = releases.select("person_id", "as_of", "risk").sort("as_of")
    reached = touched.select("person_id", "reached").drop_nulls().sort("reached")
    return reached.join_asof(lists, left_on="reached", right_on="as_of", by="person_id", check_sortedness=False).select(
        "person_id", "risk"
    )


def write(store: Path, people: pl.DataFrame, as_of: dt.date, horizon_days: int) -> Path:
    """Write the result of `influence` next to the snapshots. Training finds it by date and horizon."""
    path = store / FOLDER / f"{as_of}-{horizon_days}.parquet"
    return write_parquet(influence(store, people, as_of, horizon_days), path)


def forget(store: Path, people: pl.Series, kind: Kind) -> None:
    """Remove people who opted out. A file of an earlier version has no pseudonyms and is deleted; the next training
    writes it again.
    """
    gone = folded(pl.col("person_id"), kind).is_in(people.implode())
    for path in sorted((store / FOLDER).glob("*.parquet")):
        rows = read_parquet(path)
        if "person_id" not in rows.columns:
            path.unlink()
        elif (kept := rows.filter(~gone)).height < rows.height:
            write_parquet(kept, path)
