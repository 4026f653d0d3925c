"""Adds an invented programme with a lottery, so that the demo can evaluate one. It has no effect, and the page must say
so.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import numpy as np
import polars as pl

from data_schemas.disk import read_parquet

PROGRAMME = "Invented walking groups"
SHARE = 0.3
"""Share of people of 65 and over who took part in the lottery."""
DAYS_BEFORE = 400
"""Days between the lottery and the as-of date: enough for a year of follow-up."""


def add_programme(site: Path, seed: int) -> int:
    """Write `interventions.parquet` next to a borough's extracts and add it to site.toml. Returns the number of people
    in it.
    """
    as_of: dt.date = tomllib.loads(site.read_text(encoding="utf-8"))["run"]["as_of"]
    extracts, drawn_on = site.parent / "extracts", as_of - dt.timedelta(days=DAYS_BEFORE)
    registered = read_parquet(sorted(extracts.glob("registrations-*.parquet")))
    ends = pl.col("registered_to").is_null() | (pl.col("registered_to") > drawn_on)
    there = registered.filter(pl.col("registered_from") <= drawn_on, ends, pl.col("birth_month") < _years(drawn_on, 65))
    people = there["person_id"].unique().sort()
    rng = np.random.default_rng([seed, 65])
    chosen = people.gather(rng.permutation(len(people))[: int(SHARE * len(people))])
    offered = np.arange(len(chosen)) % 2 == 0
    rows = pl.DataFrame({"person_id": chosen, "arm": np.where(offered, "offered", "control")})
    rows.with_columns(programme=pl.lit(PROGRAMME), start_date=drawn_on).write_parquet(
        extracts / "interventions.parquet"
    )
    with site.open("a", encoding="utf-8") as toml:
        toml.write('\n[extracts.interventions]\npath = "interventions.parquet"\n')
    return len(chosen)


def _years(day: dt.date, years: int) -> dt.date:
    return dt.date(day.year - years, day.month, 1)
