"""Finds people to take off a list at release: those who died, moved away or opted out since it was made."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet
from data_schemas.pseudonyms import folded_where_hexadecimal

DIED, MOVED, WITHDRAWN = "died", "moved away", "opted out, or no longer in the extracts"


def departures(listed: pl.DataFrame, tables: Path, today: dt.date) -> pl.DataFrame:
    """`person_id, why` of the listed people to take off.

    `listed` has person_id and practice_code. `tables` holds the newest ingested registrations, without people who opted
    out.
    """
    compared = folded_where_hexadecimal(pl.col("person_id")).alias("compared")
    registrations = read_parquet(tables / "registrations.parquet").with_columns(compared)
    people = listed.select("person_id", "practice_code", compared).unique()
    known = registrations.select("compared").unique()
    withdrawn = people.join(known, on="compared", how="anti").select("person_id", why=pl.lit(WITHDRAWN))
    dead = _dead(registrations, today)
    died = people.join(dead, on="compared", how="semi").select("person_id", why=pl.lit(DIED))
    here = registrations.filter(pl.col("registered_from") <= today, _still(registrations, today))
    alive = people.join(known, on="compared", how="semi").join(dead, on="compared", how="anti")
    moved = alive.join(here, on=["compared", "practice_code"], how="anti").select("person_id", why=pl.lit(MOVED))
    return pl.concat([withdrawn, died, moved]).unique().sort("person_id")


def _dead(registrations: pl.DataFrame, today: dt.date) -> pl.DataFrame:
    if "death_date" not in registrations.columns:
        return pl.DataFrame(schema={"compared": pl.String})
    return registrations.filter(pl.col("death_date") <= today).select("compared").unique()


def _still(registrations: pl.DataFrame, today: dt.date) -> pl.Expr:
    if "registered_to" not in registrations.columns:
        return pl.lit(value=True)
    return pl.col("registered_to").is_null() | (pl.col("registered_to") > today)
