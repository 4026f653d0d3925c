"""What a synthetic borough looks like, measured on its extracts and its truth."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits stand where they are used

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from data_schemas.hospital import UNPLANNED_METHODS
from pipeline.synthetic import targets
from pipeline.synthetic.conditions import load_conditions
from pipeline.synthetic.hazards import LONELINESS_BANDS
from pipeline.synthetic.options import DATA, Options
from pipeline.synthetic.places import Places, build_places

REAL_DATES = dt.date(1990, 1, 1)
"""Dates before this are part of the mess."""
FULL_SIZE = 300_000
"""From this size on clusters and practices are those of the whole borough."""


@dataclass(frozen=True)
class Row:
    """One line of the table: what was aimed at, what was found."""

    measure: str
    group: str
    target: float
    low: float
    high: float
    achieved: float
    unit: str
    source: str

    @property
    def within(self) -> bool:
        return self.low <= self.achieved <= self.high


class Borough:
    """A generated folder, read lazily; frames are made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        about = json.loads((folder / "synth.json").read_text(encoding="utf-8"))
        self.options = Options(**about | {"as_of": dt.date.fromisoformat(about["as_of"])})
        self.places: Places = build_places(self.options)
        self.as_of = self.options.as_of
        self.years = float(self.options.years)

    def scan(self, table: str) -> pl.LazyFrame:
        return pl.scan_parquet(self.folder / "extracts" / f"{table}-*.parquet")

    @cached_property
    def truth(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "truth.parquet")

    @cached_property
    def registrations(self) -> pl.DataFrame:
        return self.scan("registrations").collect()

    @cached_property
    def areas(self) -> pl.DataFrame:
        areas = self.places.areas.select(
            "lsoa_code", "imd_score", "residents", "emergency_ratio", fifth=(pl.col("imd_decile") + 1) // 2
        )
        return areas.with_columns(pl.col("fifth").cast(pl.Int64))

    @cached_property
    def emergencies(self) -> pl.DataFrame:
        """Emergency spells: person_id, day, bed days."""
        spells = self.scan("admissions").filter(
            pl.col("admission_method").is_in(UNPLANNED_METHODS), pl.col("episode_order") == 1
        )
        days = (pl.col("discharge_date") - pl.col("admission_date")).dt.total_days()
        return spells.select("person_id", day="admission_date", bed_days=days).collect()

    def cohort(self, day: dt.date) -> pl.DataFrame:
        """Everyone registered on a day: person_id, age, sex, fifth, lsoa_code, household_id, left."""
        to = pl.col("registered_to")
        now = self.registrations.filter(pl.col("registered_from") <= day, to.is_null() | (to > day))
        now = now.sort("person_id", "registered_from").unique("person_id", keep="last", maintain_order=True)
        months = (day.year - pl.col("birth_month").dt.year()) * 12 + day.month - pl.col("birth_month").dt.month()
        age = (months // 12).cast(pl.Int32)
        return now.with_columns(age=age).join(self.areas, on="lsoa_code", how="left", maintain_order="left")

    @cached_property
    def person_years(self) -> pl.DataFrame:
        """Years on the list by single age and fifth, over all years held."""
        parts = []
        for year in range(self.options.years):
            middle = self.as_of.replace(year=self.as_of.year - year - 1) + dt.timedelta(days=182)
            parts.append(self.cohort(middle).group_by("age", "fifth").len("years"))
        return pl.concat(parts).group_by("age", "fifth").agg(pl.col("years").sum())

    def by_age_and_fifth(self, events: pl.DataFrame) -> pl.DataFrame:
        """Events (person_id, day) by age on the day and fifth of the person's last area."""
        last = self.registrations.sort("person_id", "registered_from").unique(
            "person_id", keep="last", maintain_order=True
        )
        last = last.join(self.areas, on="lsoa_code", how="left").select(
            "person_id", "birth_month", "fifth", "lsoa_code"
        )
        joined = events.filter(pl.col("day") > REAL_DATES).join(last, on="person_id")
        age = ((pl.col("day") - pl.col("birth_month")).dt.total_days() / 365.25).floor().cast(pl.Int32)
        return joined.with_columns(age=age)


def facts() -> dict[tuple[str, str], dict[str, str | float]]:
    """`facts.csv`: target, limits, unit and source by measure and group."""
    table = pl.read_csv(DATA / "facts.csv")
    return {(row["measure"], row["group"]): row for row in table.iter_rows(named=True)}


def fact(measure: str, group: str, achieved: float) -> Row:
    """A row against `facts.csv`."""
    aim = facts()[measure, group]
    return Row(
        measure,
        group,
        float(aim["target"]),
        float(aim["low"]),
        float(aim["high"]),
        achieved,
        str(aim["unit"]),
        str(aim["source"]),
    )


def _share(frame: pl.DataFrame, which: pl.Expr) -> float:
    return 100 * float(frame.select(which.mean()).item())


def people_rows(b: Borough) -> Iterator[Row]:
    """Population, ages, places, carers, smoking, homes, deaths."""
    now = b.cohort(b.as_of - dt.timedelta(days=1))
    yield fact("population", "registered of every 330 000 asked for", 330_000 * len(now) / b.options.people)
    yield fact("age", "16 to 64", _share(now, pl.col("age").is_between(16, 64)))
    yield fact("age", "65 and over", _share(now, pl.col("age") >= 65))
    yield fact("place", "in the most deprived fifth of England", _share(now, pl.col("fifth") == 1))
    practices = pl.read_parquet(b.folder / "extracts" / "practices.parquet")
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
    """Each person of the as-of cohort with each recorded condition: person_id, age, register."""
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
    found = (
        b.scan("gp_events")
        .select("person_id", "code")
        .join(codes.lazy(), on="code")
        .select("person_id", "register")
        .unique()
    )
    now = b.cohort(b.as_of - dt.timedelta(days=1)).select("person_id", "age")
    return found.collect(engine="streaming").join(now, on="person_id")


def condition_rows(b: Borough) -> Iterator[Row]:
    """Recorded register prevalences, and long-term illness, on the last day."""
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
    """Appointments, attendances and emergency admissions."""
    years = float(b.person_years["years"].sum())
    booked = b.scan("appointments").filter(pl.col("status") == "attended").select(pl.len()).collect().item()
    yield fact("practice care", "appointments a person a year", booked / years)
    stays = b.emergencies.filter(pl.col("bed_days").is_not_null() & (pl.col("bed_days") >= 0))
    yield fact("hospital", "emergency stays that end the same day", _share(stays, pl.col("bed_days") == 0))
    goal = targets.emergency_rates(b.places)
    names = ("0 to 19", "20 to 37", "38 to 52", "53 to 66", "67 and over")
    source = "BMJ Open 2017;7:e014045 (East Devon), scaled to Wigan"
    found = _grid(b, b.emergencies, targets.EMERGENCY_EDGES)
    for band, name in enumerate(names):
        for fifth in range(5):
            aim = 1000 * goal[band, fifth]
            events, years = found[0][band, fifth], found[1][band, fifth]
            # two standard errors; one person's admissions come together, so the variance is about four times Poisson's
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
    """([band, fifth] events, person-years)."""
    out = []
    for frame, weight in ((b.by_age_and_fifth(events).with_columns(one=1), "one"), (b.person_years, "years")):
        cells = frame.filter(pl.col("fifth").is_not_null(), pl.col("age") >= 0)
        band = np.searchsorted(edges, cells["age"].to_numpy(), side="right") - 1
        place = band * 5 + cells["fifth"].to_numpy() - 1
        counts = np.bincount(place, cells[weight].to_numpy(), (len(edges) - 1) * 5)
        out.append(counts.astype(np.float64).reshape(-1, 5))
    return out[0], out[1]


def _attendances(b: Borough) -> Iterator[Row]:
    """By age band and by fifth; the margins of the goal under the borough's own people."""
    events = b.scan("attendances").select("person_id", day="arrival_date").collect()
    count, years = _grid(b, events, targets.ATTENDANCE_EDGES)
    goal = targets.attendance_rates()
    source = "NHS Digital 2019/20 by age and deprivation, for Wigan's people"
    for axis, names in (
        (1, ("0 to 14", "15 to 34", "35 to 64", "65 and over")),
        (0, tuple(f"fifth {f + 1}" for f in range(5))),
    ):
        aims = 1000 * (goal * years).sum(axis=axis) / years.sum(axis=axis)
        found = 1000 * count.sum(axis=axis) / years.sum(axis=axis)
        for name, aim, achieved in zip(names, aims, found, strict=True):
            yield Row("A&E attendances", name, aim, 0.85 * aim, 1.15 * aim, achieved, "per 1,000", source)


def loneliness_rows(b: Borough) -> Iterator[Row]:
    """Often or always lonely by age, on the as-of date."""
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
