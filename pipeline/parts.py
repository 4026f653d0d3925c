"""Processes one bucket of people for some snapshots: its stays, counts and feature parts, with a description. It can
run alone, on any machine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import TypeAdapter

from data_schemas.disk import read_arrow, read_parquet, scan_parquet, sha256, write_arrow
from data_schemas.feature_parts import part_path, read_part, values_of, write_values
from data_schemas.narrow import Summary, narrow
from data_schemas.working import WORKING
from pipeline.buckets import of_bucket
from pipeline.events import bucket_path
from pipeline.features.columns import columns, complete
from pipeline.features.counting import Memory, count
from pipeline.features.named import FeatureSet
from pipeline.features.people import CONTEXT
from pipeline.features.plan import Plan, plan
from pipeline.registrations import registered
from pipeline.stays import stay_events

SEEN, FACTS = "context", "facts"
"""What the working folder has of each bucket."""
BUCKETS_AT_ONCE = 8
"""Buckets whose registrations are worked out together."""
DATES_AT_ONCE = 8
"""The most as-of dates in one pass over a bucket, because memory grows with them."""


@dataclass(frozen=True)
class Part:
    """Counts of one feature part, without anything about a person."""

    rows: int
    digest: str
    known: dict[str, int]
    minimum: dict[str, float | None]
    maximum: dict[str, float | None]
    total: dict[str, float]


_DESCRIBED = TypeAdapter(dict[dt.date, Part])


@dataclass(frozen=True)
class SnapshotJob:
    """Everything needed to make the parts of some snapshots: paths, declarations, and the snapshots' folders by as-of
    date.
    """

    folders: dict[dt.date, Path]
    log: Path
    admissions: str
    diagnoses: pl.DataFrame
    features: FeatureSet
    history_days: int
    bucket_people: int
    buckets: int

    def working_path(self, as_of: dt.date, step: str, bucket: int) -> Path:
        return self.folders[as_of] / WORKING / step / f"bucket-{bucket:04d}.arrow"

    def part_path(self, as_of: dt.date, bucket: int) -> Path:
        return part_path(self.folders[as_of], bucket)

    def part_paths(self, as_of: dt.date) -> list[Path]:
        return [self.part_path(as_of, bucket) for bucket in range(self.buckets)]

    def write_context(self, bucket: int) -> None:
        """Write the columns of `CONTEXT` of everybody in the bucket. Household and practice features use them."""
        everybody = np.arange(bucket * self.bucket_people, (bucket + 1) * self.bucket_people, dtype=np.int32)
        for dates in _some_at_once(sorted(self.folders)):
            asked = plan(CONTEXT, self.features.concepts, dates, self.history_days)
            rows = scan_parquet(bucket_path(self.log, bucket)).filter(pl.col("concept").is_in(asked.concepts))
            log = rows.with_columns(value=pl.lit(None, pl.Float32)).collect()  # no column of CONTEXT is about values
            for as_of, counted in zip(dates, count(asked, log, [everybody] * len(dates)), strict=True):
                write_arrow(pl.DataFrame(columns(counted, asked.features)), self.working_path(as_of, SEEN, bucket))

    def people(self, as_of: dt.date, registrations: pl.DataFrame) -> pl.DataFrame:
        """Everyone registered, with the columns of `CONTEXT`, sorted by person. They are worked out some at a time, so
        that memory stays small.
        """
        many = self.bucket_people * BUCKETS_AT_ONCE
        own = [
            pl.col("person").is_between(n, n + many, closed="left")
            for n in range(0, self.buckets * self.bucket_people, many)
        ]
        people = pl.concat(registered(registrations.filter(some), as_of) for some in own)
        context = pl.concat(
            (read_arrow(self.working_path(as_of, SEEN, bucket)) for bucket in range(self.buckets)), rechunk=True
        )
        return people.hstack(context[people["person"]])

    def write_facts(self, as_of: dt.date, facts: pl.DataFrame) -> None:
        """Write the facts about the cohort, bucket by bucket."""
        for bucket in range(self.buckets):
            write_arrow(of_bucket(facts, bucket, self.buckets), self.working_path(as_of, FACTS, bucket))

    def write_parts(self, bucket: int) -> str:
        """Write the features of the bucket's cohorts; people without events have a row too. Returns a description of
        each (`described`).
        """
        descriptions = {
            as_of: _describe(path) for as_of in self.folders if (path := self.part_path(as_of, bucket)).exists()
        }
        for dates in _some_at_once([as_of for as_of in sorted(self.folders) if as_of not in descriptions]):
            asked = self._plan(dates)
            people = [read_arrow(self.working_path(as_of, FACTS, bucket)) for as_of in dates]
            cohort = pl.concat(frame["person"] for frame in people).unique()  # only their stays are counted
            admissions = self._of_bucket(self.admissions, bucket).filter(pl.col("person").is_in(cohort.implode()))
            stays = stay_events(admissions, self.diagnoses, self.features.concepts, dates)
            log = read_parquet(bucket_path(self.log, bucket))
            matrices = count(asked, log, [_persons(frame) for frame in people], stays, self._memory)
            complete(matrices, people, self.features)
            for as_of, frame, counted in zip(dates, people, matrices, strict=True):
                path = self.part_path(as_of, bucket)
                summary = write_values(path, frame["person"], self.features.names, counted)
                descriptions[as_of] = _part(path, self.features.names, frame.height, summary)
        return _DESCRIBED.dump_json(descriptions).decode()

    def _plan(self, dates: Sequence[dt.date]) -> Plan:
        """The plan of all features for some dates. Its arrays are made once for all buckets, because that takes
        time.
        """
        new = plan(self.features.features, self.features.concepts, dates, self.history_days)
        return self._plans.setdefault(new.dates, new)

    @cached_property
    def _plans(self) -> dict[tuple[dt.date, ...], Plan]:
        return {}

    @cached_property
    def _memory(self) -> Memory:
        return Memory()

    def _of_bucket(self, path: str, bucket: int) -> pl.DataFrame:
        """Rows of the people of a bucket."""
        first = bucket * self.bucket_people
        own = pl.col("person").is_between(first, first + self.bucket_people, closed="left")
        return scan_parquet(path).filter(own).collect()


def described(text: str) -> dict[dt.date, Part]:
    """The description of a bucket from `SnapshotJob.write_parts`, by as-of date."""
    return _DESCRIBED.validate_json(text)


def _describe(path: Path) -> Part:
    """Describe a written part."""
    features = read_part(path).drop("person")
    return _part(path, features.columns, features.height, narrow(values_of(features))[1])


def _part(path: Path, names: Sequence[str], people: int, summary: Summary) -> Part:
    known = dict(zip(names, summary.known.tolist(), strict=True))
    least, greatest = (
        {name: value if known[name] else None for name, value in zip(names, numbers.tolist(), strict=True)}
        for numbers in (summary.least, summary.greatest)
    )
    total = dict(zip(names, summary.total.tolist(), strict=True))
    return Part(people, sha256(path), known, least, greatest, total)


def _persons(frame: pl.DataFrame) -> npt.NDArray[np.int32]:
    return frame["person"].to_numpy()


def _some_at_once(dates: Sequence[dt.date]) -> list[Sequence[dt.date]]:
    return [dates[start : start + DATES_AT_ONCE] for start in range(0, len(dates), DATES_AT_ONCE)]
