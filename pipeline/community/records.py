"""Reads a site's people, events and hospital stays on any day, for the community pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet, scan_parquet
from data_schemas.hospital import UNPLANNED_METHODS
from data_schemas.receipts import EventLog
from pipeline import population
from pipeline.buckets import in_buckets, of_bucket, rows_of
from pipeline.community.asked import Asked, Reader
from pipeline.community.recorded import concepts_in
from pipeline.concepts import Concepts, plain_icd
from pipeline.diagnoses import codes_of
from pipeline.registrations import registered
from pipeline.spells import known_before, number_spells, summarise
from pipeline.stays import acsc_codes, diagnosis_concepts

PEOPLE = ("person", "practice_code", "cluster_code", "age", "sex", "imd_decile")
IDENTIFIED = ("person_id", "household_id")
SMALL = pl.col("practice_code", "cluster_code", "sex").cast(pl.Categorical)
"""Columns with few different texts, which take a quarter of the memory when each text is stored once."""
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

    def table(self, name: str, *columns: str) -> pl.DataFrame:
        """An ingested table, or some of its columns. An empty frame if the site does not have it."""
        path = self.tables / f"{name}.parquet"
        return read_parquet(path, columns=list(columns) or None) if path.exists() else pl.DataFrame()

    @cached_property
    def admissions(self) -> Path | None:
        """The table of admissions. None if the site has no rows of it."""
        path = self.tables / "admissions.parquet"
        return path if path.exists() and scan_parquet(path).select(pl.len()).collect().item() else None

    @cached_property
    def diagnoses(self) -> pl.DataFrame:
        """The meaning of each diagnosis code in the table."""
        if self.admissions is None:
            return pl.DataFrame()
        return diagnosis_concepts(scan_parquet(self.admissions), self.concepts, self.diag_system)

    def people(self, day: dt.date) -> pl.DataFrame:
        """Everyone of any age registered on a day, sorted by person, with age, sex, practice, cluster and the decile of
        the area (see `population.cohort`)."""
        self._register([day])
        return self._people[day].select(PEOPLE)

    @property
    def identified(self) -> pl.DataFrame:
        """`people` on the day of the records, with `person_id` and `household_id`."""
        self._register([self.day])
        return self._people[self.day]

    def _register(self, days: Collection[dt.date]) -> None:
        """Find everyone registered on some days in one pass over the registrations."""
        new = sorted(set(days) - set(self._people))
        if not new:
            return
        practices, areas = self.table("practices"), self.table("areas")

        def one(bucket: int) -> list[pl.DataFrame]:
            rows = rows_of(self.tables / "registrations.parquet", bucket, self.log.buckets)
            return [self._there(registered(rows, day), practices, areas, day) for day in new]

        parts = in_buckets(one, self.log.buckets)
        for day, people in zip(new, zip(*parts, strict=True), strict=True):
            self._people[day] = pl.concat(people, rechunk=True)

    def _there(self, people: pl.DataFrame, practices: pl.DataFrame, areas: pl.DataFrame, day: dt.date) -> pl.DataFrame:
        """One bucket's people, with few and small columns: those of all buckets and days are in memory together."""
        cohort, _ = population.cohort(people, practices, None if areas.is_empty() else areas, 0)
        more = IDENTIFIED if day == self.day else ()
        return cohort.sort("person").select(*PEOPLE, *more).with_columns(SMALL)

    @cached_property
    def members(self) -> pl.DataFrame:
        """Every registration with its cluster: `person, cluster_code, imd_decile, sex, birth_month, start, end`
        (half-open), sorted by person and start."""
        rows = scan_parquet(self.tables / "registrations.parquet")
        there, practices, areas = rows.collect_schema().names(), self.table("practices"), self.table("areas")
        ends = [name for name in ("registered_to", "death_date") if name in there]
        placed = rows.join(
            practices.lazy().select("practice_code", "cluster_code").unique("practice_code", keep="first", maintain_order=True),
            on="practice_code", how="left", maintain_order="left",
        )  # fmt: skip
        if "imd_decile" in areas.columns and "lsoa_code" in there:
            deciles = areas.lazy().select("lsoa_code", "imd_decile").unique("lsoa_code")
            placed = placed.join(deciles, on="lsoa_code", how="left", maintain_order="left")
        else:
            placed = placed.with_columns(imd_decile=pl.lit(None, pl.Float64))
        end = pl.min_horizontal(pl.lit(_EVER), *ends)
        who = ("person", "cluster_code", "imd_decile", "sex", "birth_month")
        small = placed.select(*who, start="registered_from", end=end)
        small = small.with_columns(pl.col("cluster_code", "sex").cast(pl.Categorical))
        return small.collect().sort("person", "start", maintain_order=True)

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
        self._register(new)
        everyone = [self._people[day].select(PEOPLE) for day in new]

        def one(bucket: int) -> list[pl.DataFrame]:
            return reader.answers(bucket, [of_bucket(people, bucket, self.log.buckets) for people in everyone], new)

        parts = in_buckets(one, self.log.buckets)
        for (day, own), answers in zip(new.items(), zip(*parts, strict=True), strict=True):
            answered = pl.concat(answers, rechunk=True)
            self._answered.setdefault(day, {}).update({name: (each, answered[name]) for name, each in own.items()})

    def _unanswered(self, day: dt.date, asked: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
        answered = self._answered.get(day, {})
        return {
            name: each for name, each in asked.items() if name not in answered or not answered[name][0].meta.eq(each)
        }

    @cached_property
    def stays(self) -> pl.DataFrame:
        """Hospital stays known before the day, sorted by person and admission: `person, admission_date, discharge_date,
        discharge_method, unplanned, acsc, fall` (an injury after a fall) and `bed_days` (up to the day for an open
        stay).
        """
        acsc = acsc_codes(self.diagnoses, self.concepts)
        return pl.concat(in_buckets(lambda bucket: self._stays(bucket, acsc), self.log.buckets))

    def _stays(self, bucket: int, acsc: pl.Series) -> pl.DataFrame:
        admissions = rows_of(self.tables / "admissions.parquet", bucket, self.log.buckets)
        rows = number_spells(known_before(admissions, self.day))
        fallen = _fallen(rows)
        until = pl.col("discharge_date").fill_null(self.day)
        injured = plain_icd(pl.col("diagnosis")).str.contains("^[ST]").fill_null(value=False)
        return summarise(rows).select(
            "person", "admission_date", "discharge_date", "discharge_method",
            unplanned=pl.col("admission_method").is_in(UNPLANNED_METHODS),
            acsc=pl.col("diagnosis").is_in(acsc.implode()).fill_null(value=False),
            fall=pl.col("spell").is_in(fallen.implode()) & injured,
            bed_days=(until - pl.col("admission_date")).dt.total_days(),
        )  # fmt: skip


def _fallen(rows: pl.DataFrame) -> pl.Series:
    """Stays with a fall (ICD-10 W00 to W19) among their diagnoses."""
    codes = codes_of(rows.lazy(), "spell").filter(plain_icd(pl.col("code")).str.contains(r"^W[01]\d"))
    return codes.select(pl.col("spell").unique()).collect()["spell"]
