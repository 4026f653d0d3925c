"""Measures a synthetic borough from its extracts and its truth."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import polars as pl

from data_schemas.disk import read_parquet
from pipeline.synthetic import targets
from pipeline.synthetic.conditions import load_conditions
from pipeline.synthetic.hazards import LONELINESS_BANDS
from pipeline.synthetic.reading import Borough, Row, fact

FULL_SIZE = 300_000
"""A borough of at least this many people has all its clusters and practices."""


def _share(frame: pl.DataFrame, which: pl.Expr) -> float:
    return 100 * float(frame.select(which.mean()).item())


def people_rows(b: Borough) -> Iterator[Row]:
    """Rows about population, ages, places, carers, smoking, homes and deaths."""
    now = b.cohort(b.as_of - dt.timedelta(days=1))
    yield fact("population", "registered of every 330 000 asked for", 330_000 * len(now) / b.options.people)
    yield fact("age", "16 to 64", _share(now, pl.col("age").is_between(16, 64)))
    yield fact("age", "65 and over", _share(now, pl.col("age") >= 65))
    yield fact("place", "in the most deprived fifth of England", _share(now, pl.col("fifth") == 1))
    practices = read_parquet(b.folder / "extracts" / "practices.parquet")
    sizes = practices.group_by("cluster_code").agg(pl.col("list_size").sum())["list_size"]
    if b.options.people >= FULL_SIZE:
        yield fact("place", "clusters", len(sizes))
        yield fact("place", "practices", len(practices))
        yield fact("place", "smallest cluster", float(sizes.to_numpy().min()))
        yield fact("place", "largest cluster", float(sizes.to_numpy().max()))
    latent = b.truth.filter(pl.col("as_of") == b.as_of).join(now.select("person_id", "age", "sex"), on="person_id")
    yield fact("carers", "of all people", _share(latent, pl.col("carer")))
    yield fact("carers", "of under-18s", _share(latent.filter(pl.col("age") < 18), pl.col("carer")))
    yield fact("smoking", "adults", _share(latent.filter(pl.col("age") >= 18), pl.col("smoker")))
    homes = now.filter(pl.col("household_id").is_not_null())
    old = homes.with_columns(alone=pl.len().over("household_id") == 1).filter(pl.col("age") >= 65)
    yield fact("home", "women of 65 and over who live alone", _share(old.filter(pl.col("sex") == "2"), pl.col("alone")))
    yield fact("home", "men of 65 and over who live alone", _share(old.filter(pl.col("sex") == "1"), pl.col("alone")))
    dead = b.registrations.filter(pl.col("death_date").is_not_null())["person_id"].n_unique()
    yield fact("deaths", "a year", 100 * dead / b.years / len(now))


def _coded(b: Borough) -> pl.DataFrame:
    """Recorded conditions of people in the as-of cohort, one row each: person_id, age, register."""
    conditions = load_conditions()
    codes = pl.DataFrame(
        [
            (code, register)
            for register, listed in zip(conditions.registers, conditions.codes, strict=True)
            for code in listed
        ],
        {"code": pl.String, "register": pl.String},
        orient="row",
    )
    coded = (
        b.scan("gp_events")
        .select("person_id", "code")
        .join(codes.lazy(), on="code")
        .select("person_id", "register")
        .unique()
    )
    now = b.cohort(b.as_of - dt.timedelta(days=1)).select("person_id", "age")
    return coded.collect(engine="streaming").join(now, on="person_id")


def condition_rows(b: Borough) -> Iterator[Row]:
    """Rows about register prevalences, as recorded, and long-term illness, on the last day."""
    now, coded = b.cohort(b.as_of - dt.timedelta(days=1)), _coded(b)
    table = load_conditions().table
    for name, register, target, floor, source in table.select(
        "name", "register", "target", "from_age", "source"
    ).iter_rows():
        if not source.startswith("QOF"):
            continue
        eligible = now.filter(pl.col("age") >= floor)
        cases = coded.filter((pl.col("register") == register) & (pl.col("age") >= floor))
        chance = 200 * np.sqrt(target / 100 * (1 - target / 100) / len(eligible))
        low, high = 0.9 * target - chance, 1.1 * target + chance
        yield Row(
            "register",
            f"{name} ({floor}+)" if floor else name,
            target,
            low,
            high,
            100 * len(cases) / len(eligible),
            "%",
            source,
        )
    lasting = table.filter(pl.col("limiting") == 1)["register"].to_list()
    ill = coded.filter(pl.col("register").is_in(lasting))["person_id"].n_unique()
    yield fact("health", "long-term illness", 100 * ill / len(now))


def care_rows(b: Borough) -> Iterator[Row]:
    """Rows about appointments, attendances and emergency admissions."""
    years = float(b.person_years["years"].sum())
    booked = b.scan("appointments").filter(pl.col("status") == "attended").select(pl.len()).collect().item()
    yield fact("practice care", "appointments a person a year", booked / years)
    stays = b.emergencies.filter(pl.col("bed_days").is_not_null() & (pl.col("bed_days") >= 0))
    yield fact("hospital", "emergency stays that end the same day", _share(stays, pl.col("bed_days") == 0))
    goal = targets.emergency_rates(b.places)
    names = ("0 to 19", "20 to 37", "38 to 52", "53 to 66", "67 and over")
    source = "BMJ Open 2017;7:e014045 (East Devon), scaled to Wigan"
    grid = _grid(b, b.emergencies, targets.EMERGENCY_EDGES)
    for band, name in enumerate(names):
        for fifth in range(5):
            aim = 1000 * goal[band, fifth]
            events, years = grid[0][band, fifth], grid[1][band, fifth]
            # two standard errors; admissions cluster on people, so the variance is about four times Poisson's
            slack = 0.15 * aim + 2 * np.sqrt(4 * aim / 1000 / max(years, 1)) * 1000
            group = f"{name}, fifth {fifth + 1}"
            yield Row(
                "emergency admissions",
                group,
                aim,
                aim - slack,
                aim + slack,
                1000 * events / max(years, 1),
                "per 1,000",
                source,
            )
    yield from _attendances(b)


def _grid(b: Borough, events: pl.DataFrame, edges: tuple[int, ...]) -> tuple[targets.Grid, targets.Grid]:
    """Events and person-years, each as [band, fifth]."""
    out = []
    for frame, weight in ((b.by_age_and_fifth(events).with_columns(one=1), "one"), (b.person_years, "years")):
        cells = frame.filter(pl.col("fifth").is_not_null(), pl.col("age") >= 0)
        band = np.searchsorted(edges, cells["age"].to_numpy(), side="right") - 1
        place = band * 5 + cells["fifth"].to_numpy() - 1
        counts = np.bincount(place, cells[weight].to_numpy(), (len(edges) - 1) * 5)
        out.append(counts.astype(np.float64).reshape(-1, 5))
    return out[0], out[1]


def _attendances(b: Borough) -> Iterator[Row]:
    """Rows of A&E attendances by age band and by fifth. Targets are averaged over the borough's people."""
    events = b.scan("attendances").select("person_id", day="arrival_date").collect()
    count, years = _grid(b, events, targets.ATTENDANCE_EDGES)
    goal = targets.attendance_rates()
    source = "NHS Digital 2019/20 by age and deprivation, for Wigan's people"
    for axis, names in (
        (1, ("0 to 14", "15 to 34", "35 to 64", "65 and over")),
        (0, tuple(f"fifth {f + 1}" for f in range(5))),
    ):
        aims = 1000 * (goal * years).sum(axis=axis) / years.sum(axis=axis)
        rates = 1000 * count.sum(axis=axis) / years.sum(axis=axis)
        for name, aim, achieved in zip(names, aims, rates, strict=True):
            yield Row("A&E attendances", name, aim, 0.85 * aim, 1.15 * aim, achieved, "per 1,000", source)


def loneliness_rows(b: Borough) -> Iterator[Row]:
    """Rows about people who are often or always lonely, by age, on the as-of date."""
    now = b.cohort(b.as_of - dt.timedelta(days=1)).select("person_id", "age")
    latent = b.truth.filter(pl.col("as_of") == b.as_of).join(now, on="person_id")
    upper = (*(edge - 1 for edge in LONELINESS_BANDS[1:]), 130)
    for low, high, share in zip(LONELINESS_BANDS, upper, targets.LONELY, strict=True):
        some = latent.filter(pl.col("age").is_between(low, high))
        aim = 100 * share
        slack = max(1.0, 250 * np.sqrt(share * (1 - share) / max(1, len(some))))
        name = f"often lonely, {low} to {high}" if high < 130 else f"often lonely, {low} and over"
        yield Row(
            "loneliness",
            name,
            aim,
            aim - slack,
            aim + slack,
            _share(some, pl.col("often_lonely")),
            "%",
            "Community Life Survey 2024/25",
        )
