"""One bucket of a snapshot: its stays as events, its counts, its feature part, and what is in it. Works alone, on any machine."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from data_schemas.disk import write_parquet
from pipeline.events import bucket_path
from pipeline.features.catalogue import FeatureSet
from pipeline.features.columns import assemble, scatter
from pipeline.features.compute import Plan, plan
from pipeline.features.people import CONTEXT
from pipeline.stays import stay_events

REGISTERED = "registered.parquet"
FACTS = "facts.parquet"


@dataclass(frozen=True)
class Part:
    """Counts of one feature part: nothing about a person."""

    rows: int
    digest: str
    known: dict[str, int]
    minimum: dict[str, float | None]
    maximum: dict[str, float | None]
    total: dict[str, float]


@dataclass(frozen=True)
class Job:
    """All that the parts of a snapshot are made from: paths, dates and declarations."""

    folder: Path
    log: Path
    admissions: str
    diagnoses: pl.DataFrame
    features: FeatureSet
    as_of: dt.date
    history_days: int
    bucket_people: int
    buckets: tuple[int, ...]

    @cached_property
    def plan(self) -> Plan:
        """What is counted: the features, and what is known of everyone registered."""
        return plan([*self.features.features, *CONTEXT], self.features.concepts, self.as_of, self.history_days)

    def log_path(self, bucket: int) -> Path:
        return bucket_path(self.log, bucket)

    def stays_path(self, bucket: int) -> Path:
        """The hospital stays as known before the as-of date, as events."""
        return bucket_path(self.folder / "spell-events", bucket)

    @property
    def long_folder(self) -> Path:
        """One row a person and concept (`engine.of_date`), in folders `bucket=<n>`; gone when the snapshot is done."""
        return self.folder / "long"

    def is_counted(self, bucket: int) -> bool:
        return self.context_path(bucket).exists()

    def write_long(self, bucket: int, turn: int, long: pl.DataFrame) -> None:
        write_parquet(long, self.long_folder / f"bucket={bucket}" / f"part-{turn}.parquet", "lz4")

    def _long(self, bucket: int) -> pl.LazyFrame:
        """A bucket in which nothing was seen has no file."""
        files = sorted((self.long_folder / f"bucket={bucket}").glob("*.parquet"))
        return (
            pl.concat([pl.scan_parquet(file, hive_partitioning=False) for file in files]) if files else pl.LazyFrame()
        )

    def context_path(self, bucket: int) -> Path:
        return bucket_path(self.folder / "context", bucket)

    def part_path(self, bucket: int) -> Path:
        return self.folder / "features" / f"part-{bucket:04d}.parquet"

    def _of_bucket(self, path: str | Path, bucket: int) -> pl.DataFrame:
        first = bucket * self.bucket_people
        own = pl.col("person").is_between(first, first + self.bucket_people, closed="left")
        return pl.scan_parquet(path).filter(own).collect()

    def write_stays(self, bucket: int) -> None:
        admissions = self._of_bucket(self.admissions, bucket)
        events = stay_events(admissions, self.diagnoses, self.features.concepts, self.as_of)
        write_parquet(events, self.stays_path(bucket))

    def write_context(self, bucket: int) -> None:
        """The columns of `CONTEXT` of everyone registered."""
        people = self._of_bucket(self.folder / REGISTERED, bucket).select("person")
        columns = scatter(self._long(bucket), people["person"].to_numpy(), CONTEXT, self.plan)
        write_parquet(people.hstack(pl.DataFrame(columns)), self.context_path(bucket))

    def write_part(self, bucket: int) -> Part:
        """The features of the bucket's cohort; people without events have a row too."""
        people, path = self._of_bucket(self.folder / FACTS, bucket), self.part_path(bucket)
        if not path.exists():
            write_parquet(assemble(self._long(bucket), people, self.features, self.plan), path)
        return _describe(path)


def _describe(path: Path) -> Part:
    part = pl.read_parquet(path).drop("person")
    counts = (part.count(), part.min(), part.max(), part.select(pl.all().cast(pl.Float64).sum()))
    known, minimum, maximum, total = (frame.row(0, named=True) for frame in counts)
    return Part(part.height, hashlib.sha256(path.read_bytes()).hexdigest(), known, minimum, maximum, total)
