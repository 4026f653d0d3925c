"""A site's people, events and hospital stays as this package reads them, at any day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet, scan_parquet
from data_schemas.hospital import UNPLANNED_METHODS
from data_schemas.receipts import EventLog
from pipeline import population
from pipeline.community.recorded import recorded
from pipeline.concepts import Concepts, plain_icd
from pipeline.diagnoses import codes_of
from pipeline.events import SCHEMA, bucket_path
from pipeline.spells import known_before, number_spells, summarise
from pipeline.stays import acsc_codes, diagnosis_concepts, stay_events

_EVER = dt.date(9999, 12, 31)


@dataclass(frozen=True)
class Records:
    """The ingested tables, the event log and what the codes in them mean."""

    tables: Path
    log: EventLog
    concepts: Concepts
    day: dt.date
    """Nothing dated or recorded on or after it is read, except by the registrations of that day."""
    diag_system: str = "icd10"

    def table(self, name: str) -> pl.DataFrame:
        """An ingested table, or an empty frame where the site has none."""
        path = self.tables / f"{name}.parquet"
        return read_parquet(path) if path.exists() else pl.DataFrame()

    @cached_property
    def admissions(self) -> pl.DataFrame:
        return self.table("admissions")

    @cached_property
    def diagnoses(self) -> pl.DataFrame:
        """What each diagnosis code of the table stands for."""
        return diagnosis_concepts(self.admissions.lazy(), self.concepts, self.diag_system)

    @cached_property
    def _events(self) -> pl.LazyFrame:
        buckets = [bucket_path(self.log.path, bucket) for bucket in range(self.log.buckets)]
        return scan_parquet(buckets)

    def people(self, day: dt.date) -> pl.DataFrame:
        """Everyone of any age registered on a day, with age, sex, practice, cluster, area and its decile (see `population.cohort`)."""
        areas = self.table("areas")
        registered = population.registered(self.table("registrations"), day)
        found, _ = population.cohort(registered, self.table("practices"), None if areas.is_empty() else areas, 0)
        return found

    @cached_property
    def members(self) -> pl.DataFrame:
        """Every registration with its cluster: `person, cluster_code, imd_decile, sex, birth_month, start, end` (half-open)."""
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

    def recorded(self, people: pl.DataFrame, wanted: Collection[str], day: dt.date) -> pl.DataFrame:
        """`people` with what is on record of some concepts before a day (see `recorded.recorded`)."""
        stays = [] if self.admissions.is_empty() else [self._stay_events(day)]
        return recorded(people, pl.concat([self._events, *stays]), self.concepts.ids, wanted, day)

    def _stay_events(self, day: dt.date) -> pl.LazyFrame:
        return stay_events(self.admissions, self.diagnoses, self.concepts, [day]).lazy().select(*SCHEMA)

    def on_record(self, wanted: Collection[str], day: dt.date) -> set[str]:
        """Those of some concepts that anybody has on record before a day."""
        ids = {self.concepts.ids[name]: name for name in wanted if name in self.concepts.ids}
        seen = self._events.filter(pl.col("concept").is_in(list(ids)), pl.col("happened") < day, pl.col("known") < day)
        found = seen.select(pl.col("concept").unique()).collect(engine="streaming")["concept"]
        return {ids[number] for number in found}

    @cached_property
    def stays(self) -> pl.DataFrame:
        """Hospital stays known before the day, sorted by person and admission.

        Columns of `spells.summarise`, and `unplanned`, `acsc`, `fall` (an injury after a fall), `bed_days` (up to the day for an open
        stay).
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
