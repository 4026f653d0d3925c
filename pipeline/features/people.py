"""What features may use of a person besides events: the cohort's columns, the household's and the area's."""

from __future__ import annotations

import datetime as dt

import polars as pl

from data_schemas.area import Areas

OLDER = 75
CHILD = 18

HOUSEHOLD = {
    "household_size": pl.len(),
    "household_children": (pl.col("age") < CHILD).sum(),
    "household_adults": (pl.col("age") >= CHILD).sum(),
    "household_older": (pl.col("age") >= OLDER).sum(),
    "household_oldest": pl.col("age").max(),
    "household_since": pl.col("registered_from").max(),
}
"""Columns of a household: all who are registered under one pseudonymised address, children included."""


AREA = tuple(name for name, column in Areas.columns().items() if column.dtype.is_numeric())


def describe(
    cohort: pl.DataFrame, registered: pl.DataFrame, areas: pl.DataFrame | None, as_of: dt.date
) -> pl.DataFrame:
    """The cohort with the columns of its households and areas, sorted by person.

    A household is those who were registered at an address before `as_of`; who registers that day is in none. Columns that the
    areas table of a site may have and does not are there too, empty: what is a feature never depends on data.
    """
    settled = registered.filter(pl.col("household_id").is_not_null(), pl.col("registered_from") < as_of)
    households = settled.group_by("household_id").agg(**HOUSEHOLD)
    of_person = settled.join(households, on="household_id").select("person", "registered_from", *HOUSEHOLD)
    found = cohort.join(of_person, on="person", how="left", maintain_order="left")
    if areas is not None:
        places = areas.drop("imd_decile", "row_id", strict=False).unique("lsoa_code", keep="first", maintain_order=True)
        found = found.join(places, on="lsoa_code", how="left", maintain_order="left")
    return found.with_columns(pl.lit(None, pl.Float64).alias(name) for name in AREA if name not in found.columns)
