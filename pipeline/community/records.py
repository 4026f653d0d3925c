"""Reads a site's people, events and hospital stays on any day, for the community pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet
from data_schemas.hospital import UNPLANNED_METHODS
from data_schemas.receipts import EventLog
from pipeline import population
from pipeline.community.asked import Asked, Reader, in_bucket
from pipeline.community.recorded import concepts_in
from pipeline.concepts import Concepts, plain_icd
from pipeline.diagnoses import codes_of
from pipeline.engine import AT_ONCE
from pipeline.spells import known_before, number_spells, summarise
from pipeline.stays import acsc_codes, diagnosis_concepts

_EVER = dt.date(9999, 12, 31)


@dataclass(frozen=True)
class Records:
    """The ingested tables, the event log and the meaning of their codes."""

    tables: Path
    log: EventLog
    concepts: Concepts
    day: dt.date
    """Nothing dated or recorded on or after this day is read, except the registrations of that day."""
    diag_system: str = "icd10"
    _people: dict[dt.date, pl.DataFrame] = field(init=False, default_factory=dict, repr=False, compare=False)
    _answered: dict[dt.date, dict[str, tuple[pl.Expr, pl.Series]]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )
    """Day → name → question, and the answer for each of the day's people."""

    def table(self, name: str) -> pl.DataFrame:
        """An ingested table, or an empty frame if the site does not have it."""
        path = self.tables / f"{name}.parquet"
        return read_parquet(path) if path.exists() else pl.DataFrame()

    @cached_property
    def admissions(self) -> pl.DataFrame:
        return self.table("admissions")

    @cached_property
    def diagnoses(self) -> pl.DataFrame:
        """The meaning of each diagnosis code in the table."""
        if self.admissions.is_empty():
            return pl.DataFrame()
        return diagnosis_concepts(self.admissions.lazy(), self.concepts, self.diag_system)

    def people(self, day: dt.date) -> pl.DataFrame:
        """Everyone of any age registered on a day, with age, sex, practice, cluster, area and its decile (see
        `population.cohort`)."""
        if day not in self._people:
            areas = self.table("areas")
            registered = population.registered(self.table("registrations"), day)
            cohort, _ = population.cohort(registered, self.table("practices"), None if areas.is_empty() else areas, 0)
            self._people[day] = cohort.sort("person")
        return self._people[day]

    @cached_property
    def members(self) -> pl.DataFrame:
        """Every registration with its cluster: `person, cluster_code, imd_decile, sex, birth_month, start, end`
        (half-open)."""
        rows, practices, areas = (self.table(name) for name in ("registrations", "practices", "areas"))
        ends = [name for name in ("registered_to", "death_date") if name in rows.columns]
        placed = rows.join(
            practices.select("practice_code", "cluster_code").unique("practice_code"), on="practice_code", how="left"
        )
        if "imd_decile" in areas.columns and "lsoa_code" in rows.columns:
            placed = placed.join(
                areas.select("lsoa_code", "imd_decile").unique("lsoa_code"), on="lsoa_code", how="left"
            )
        else:
            placed = placed.with_columns(imd_decile=pl.lit(None, pl.Float64))
        end = pl.min_horizontal(pl.lit(_EVER), *ends)
        return placed.select(
            "person", "cluster_code", "imd_decile", "sex", "birth_month", start="registered_from", end=end
        )

    def answers(self, day: dt.date, asked: Mapping[str, pl.Expr]) -> pl.DataFrame:
        """Everyone registered on a day with the answers to some questions: expressions over the columns of `people` and
        `recorded`.
        """
        self.read({day: asked})
        return self.people(day).with_columns(self._answered[day][name][1].alias(name) for name in asked)

    def read(self, asked: Asked) -> None:
        """Answer every unanswered question for some days in one pass over the log."""
        new = {day: own for day, each in sorted(asked.items()) if (own := self._unanswered(day, each))}
        if not new:
            return
        wanted = concepts_in(*(each for own in new.values() for each in own.values()))
        reader = Reader(self.log, self.concepts, wanted, self.admissions, self.diagnoses)

        def one(bucket: int) -> list[pl.DataFrame]:
            people = [self.people(day).filter(in_bucket(bucket, self.log.buckets)) for day in new]
            return reader.answers(bucket, people, new)

        for day in new:
            self.people(day)  # read here, because several threads will need them
        with ThreadPoolExecutor(AT_ONCE) as pool:
            parts = list(pool.map(one, range(self.log.buckets)))
        for (day, own), answers in zip(new.items(), zip(*parts, strict=True), strict=True):
            answered = pl.concat(answers)
            self._answered.setdefault(day, {}).update({name: (each, answered[name]) for name, each in own.items()})

    def _unanswered(self, day: dt.date, asked: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
        answered = self._answered.get(day, {})
        return {
            name: each for name, each in asked.items() if name not in answered or not answered[name][0].meta.eq(each)
        }

    @cached_property
    def stays(self) -> pl.DataFrame:
        """Hospital stays known before the day, sorted by person and admission.

        Columns of `spells.summarise`, plus `unplanned`, `acsc`, `fall` (an injury after a fall), `bed_days` (up to the
        day for an open stay).
        """
        rows = number_spells(known_before(self.admissions, self.day))
        acsc, fallen = acsc_codes(self.diagnoses, self.concepts), _fallen(rows)
        until = pl.col("discharge_date").fill_null(self.day)
        injured = plain_icd(pl.col("diagnosis")).str.contains("^[ST]").fill_null(value=False)
        return summarise(rows).with_columns(
            unplanned=pl.col("admission_method").is_in(UNPLANNED_METHODS),
            acsc=pl.col("diagnosis").is_in(acsc.implode()).fill_null(value=False),
            fall=pl.col("spell").is_in(fallen.implode()) & injured,
            bed_days=(until - pl.col("admission_date")).dt.total_days(),
        )


def _fallen(rows: pl.DataFrame) -> pl.Series:
    """Stays with a fall (ICD-10 W00 to W19) among their diagnoses."""
    codes = codes_of(rows.lazy(), "spell").filter(plain_icd(pl.col("code")).str.contains(r"^W[01]\d"))
    return codes.select(pl.col("spell").unique()).collect()["spell"]
