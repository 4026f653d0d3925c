"""One bucket of a snapshot: its stays as events, its feature part, and what is in it. Works alone, on any machine."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from pipeline.events import bucket_path, write_parquet
from pipeline.features.catalogue import FeatureSet
from pipeline.features.columns import assemble
from pipeline.features.compute import Plan, plan
from pipeline.stays import stay_events

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
    """All that a bucket's part is made from: paths, dates and declarations."""

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
        return plan(self.features, self.as_of, self.history_days)

    def event_files(self, bucket: int) -> list[Path]:
        return [bucket_path(self.log, bucket), bucket_path(self.folder / "spell-events", bucket)]

    def part_path(self, bucket: int) -> Path:
        return self.folder / "features" / f"part-{bucket:04d}.parquet"

    def is_done(self, bucket: int) -> bool:
        return self.part_path(bucket).exists()

    def _own(self, bucket: int) -> pl.Expr:
        first = bucket * self.bucket_people
        return pl.col("person").is_between(first, first + self.bucket_people, closed="left")

    def write_stays(self, bucket: int) -> None:
        """The bucket's hospital stays, as known before the as-of date, as events."""
        admissions = pl.scan_parquet(self.admissions).filter(self._own(bucket)).collect()
        events = stay_events(admissions, self.diagnoses, self.features.concepts, self.as_of)
        write_parquet(events, self.event_files(bucket)[1])

    def write_part(self, bucket: int, long: pl.DataFrame) -> None:
        """The bucket's part from `compute.summarise` of its events; people without events have a row too."""
        people = pl.scan_parquet(self.folder / FACTS).filter(self._own(bucket)).collect()
        write_parquet(assemble(long, people, self.features, self.plan), self.part_path(bucket))

    def describe(self, bucket: int) -> Part:
        """What is in a part that has been written."""
        path = self.part_path(bucket)
        part = pl.read_parquet(path).drop("person")
        counts = (part.count(), part.min(), part.max(), part.select(pl.all().cast(pl.Float64).sum()))
        known, minimum, maximum, total = (frame.row(0, named=True) for frame in counts)
        return Part(part.height, hashlib.sha256(path.read_bytes()).hexdigest(), known, minimum, maximum, total)
