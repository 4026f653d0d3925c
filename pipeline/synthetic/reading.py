"""Reads a generated borough: its extracts, its truth, and the published facts that it is compared with."""

# ruff: noqa: PLR2004 - the numbers are decimal places

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from data_schemas.disk import read_csv, read_parquet, scan_parquet
from data_schemas.hospital import UNPLANNED_METHODS
from pipeline.synthetic.options import DATA, Options
from pipeline.synthetic.places import Places, build_places

REAL_DATES = dt.date(1990, 1, 1)
"""Earlier dates are deliberate errors."""


@dataclass(frozen=True)
class Row:
    """One line of the table: the target and the result."""

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
    """A generated folder. Tables are read lazily; each frame is made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        about = json.loads((folder / "synth.json").read_text(encoding="utf-8"))
        self.options = Options(**about | {"as_of": dt.date.fromisoformat(about["as_of"])})
        self.places: Places = build_places(self.options)
        self.as_of = self.options.as_of
        self.years = float(self.options.years)

    def scan(self, table: str) -> pl.LazyFrame:
        return scan_parquet(sorted((self.folder / "extracts").glob(f"{table}-*.parquet")))

    @cached_property
    def truth(self) -> pl.DataFrame:
        return read_parquet(self.folder / "truth.parquet")

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
        """Emergency spells: person_id, day and bed days."""
        spells = self.scan("admissions").filter(
            pl.col("admission_method").is_in(UNPLANNED_METHODS), pl.col("episode_order") == 1
        )
        days = (pl.col("discharge_date") - pl.col("admission_date")).dt.total_days()
        return spells.select("person_id", day="admission_date", bed_days=days).collect()

    def cohort(self, day: dt.date) -> pl.DataFrame:
        """Everyone who was registered on a day: person_id, age, sex, fifth, lsoa_code, household_id, left."""
        to = pl.col("registered_to")
        now = self.registrations.filter(pl.col("registered_from") <= day, to.is_null() | (to > day))
        now = now.sort("person_id", "registered_from").unique("person_id", keep="last", maintain_order=True)
        months = (day.year - pl.col("birth_month").dt.year()) * 12 + day.month - pl.col("birth_month").dt.month()
        age = (months // 12).cast(pl.Int32)
        return now.with_columns(age=age).join(self.areas, on="lsoa_code", how="left", maintain_order="left")

    @cached_property
    def person_years(self) -> pl.DataFrame:
        """Years registered by single year of age and fifth, over all years of the extracts."""
        parts = []
        for year in range(self.options.years):
            middle = self.as_of.replace(year=self.as_of.year - year - 1) + dt.timedelta(days=182)
            parts.append(self.cohort(middle).group_by("age", "fifth").len("years"))
        return pl.concat(parts).group_by("age", "fifth").agg(pl.col("years").sum())

    def by_age_and_fifth(self, events: pl.DataFrame) -> pl.DataFrame:
        """Count events (person_id, day) by age on the day and by the fifth of the person's last area."""
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
    """Read `facts.csv`: target, limits, unit and source by measure and group."""
    table = read_csv(DATA / "facts.csv")
    return {(row["measure"], row["group"]): row for row in table.iter_rows(named=True)}


def fact(measure: str, group: str, achieved: float) -> Row:
    """A row that compares a result with `facts.csv`."""
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


@dataclass(frozen=True)
class Report:
    """All rows, in the order of the page."""

    rows: list[Row]

    @property
    def within(self) -> int:
        return sum(row.within for row in self.rows)

    def table(self) -> str:
        """Markdown: measure, group, target, source, achieved, and whether it is within the limits."""
        lines = [
            "| measure | group | target | limits | achieved | within | source |",
            "| --- | --- | ---: | --- | ---: | --- | --- |",
        ]
        for row in self.rows:
            limits = f"{_number(row.low)} to {_number(row.high)}"
            cells = (
                row.measure,
                row.group,
                f"{_number(row.target)} {row.unit}",
                limits,
                _number(row.achieved),
                "yes" if row.within else "**no**",
                row.source,
            )
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines)


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
