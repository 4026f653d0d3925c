"""The randomised plan of the RAND experiment as an `interventions` table: who was offered free care, and who paid a
share."""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
from pathlib import Path

import polars as pl

PROGRAMME = "free care"
SHAM = "sham"


def write_site(source: Path, target: Path) -> Path:
    """A copy of the RAND extracts with `interventions.csv`. Returns its site.toml.

    Free care (coinsurance 0) is `offered`, any other plan `control`; everybody starts on 2 January of their first year.
    """
    shutil.copytree(source, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
    for path in [target, *target.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    plan(target / "extracts").write_csv(target / "extracts" / "interventions.csv")
    with (target / "site.toml").open("a") as site:
        site.write('\n[extracts.interventions]\npath = "interventions*.csv"\n')
    return target / "site.toml"


def plan(extracts: Path) -> pl.DataFrame:
    """`person_id, programme, start_date, arm` of everybody."""
    events = pl.read_csv(extracts / "gp_events.csv.gz", infer_schema=False).filter(pl.col("code") == "RH_COINS")
    share = events.group_by("person_id").agg(pl.col("value").cast(pl.Float64).first())
    return first_days(extracts).join(share, on="person_id").select(
        "person_id",
        programme=pl.lit(PROGRAMME),
        start_date="start_date",
        arm=pl.when(pl.col("value") == 0).then(pl.lit("offered")).otherwise(pl.lit("control")),
    ).sort("person_id")  # fmt: skip


def first_days(extracts: Path) -> pl.DataFrame:
    """`person_id, start_date`: 2 January of each person's first year."""
    rows = pl.read_csv(extracts / "registrations.csv.gz", infer_schema=False)
    return rows.group_by("person_id").agg(pl.col("registered_from").str.to_date().min().alias("start_date"))


def often_admitted(extracts: Path, most: int = 1) -> pl.DataFrame:
    """`person_id, start_date` of people with more than `most` admissions in a study year who were followed in the next
    one.

    The programme starts on 2 January of the year after, the first such year of a person.
    """
    followed = years_followed_by_another(extracts, most).with_columns(start_date=pl.date(pl.col("year") + 1, 1, 2))
    return followed.group_by("person_id").agg(pl.col("start_date").min()).sort("person_id")


def years_followed_by_another(extracts: Path, most: int = 1) -> pl.DataFrame:
    """`person_id, year, stays, stays_next_year` of each year with more than `most` admissions and a year in the
    study after it."""
    stays = pl.read_csv(extracts / "admissions.csv.gz", infer_schema=False).with_columns(
        year=pl.col("admission_date").str.to_date().dt.year()
    )
    counted = stays.group_by("person_id", "year").agg(stays=pl.len().cast(pl.Int64))
    spans = pl.read_csv(extracts / "registrations.csv.gz", infer_schema=False).select(
        "person_id",
        begins=pl.col("registered_from").str.to_date(),
        ends=pl.col("registered_to").str.to_date().fill_null(dt.date(1981, 1, 2)),
    )
    many = counted.filter(pl.col("stays") > most).join(spans, on="person_id")
    followed = many.filter(
        pl.col("begins") <= pl.date(pl.col("year"), 1, 2), pl.col("ends") > pl.date(pl.col("year") + 1, 6, 30)
    )
    after = counted.select("person_id", year=pl.col("year") - 1, stays_next_year="stays")
    both = followed.join(after, on=["person_id", "year"], how="left").fill_null(0)
    return both.select("person_id", "year", "stays", "stays_next_year")


def sham(extracts: Path, seed: int) -> pl.DataFrame:
    """A programme that does nothing: half of those often admitted, by lot."""
    people = often_admitted(extracts)
    drawn = people.sample(fraction=1.0, shuffle=True, seed=seed).with_row_index("lot")
    return drawn.select(
        "person_id",
        programme=pl.lit(SHAM),
        start_date="start_date",
        arm=pl.when(pl.col("lot") < people.height // 2).then(pl.lit("offered")).otherwise(pl.lit("control")),
    )


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("source", type=Path, help="Folder of the RAND extracts.")
    asked.add_argument("target", type=Path, help="Folder to make.")
    given = asked.parse_args()
    sys.stdout.write(f"{write_site(given.source, given.target)}\n")
