"""Processes one bucket of people for some snapshots: its stays, counts and feature parts, with a description. It can
run alone, on any machine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import TypeAdapter

from data_schemas.disk import scan_parquet, sha256, write_parquet
from data_schemas.feature_parts import part_path, read_part, values_of, write_values
from data_schemas.narrow import Told, narrow
from pipeline.events import bucket_path
from pipeline.features.columns import columns, complete
from pipeline.features.counting import count
from pipeline.features.named import FeatureSet
from pipeline.features.people import CONTEXT
from pipeline.features.plan import Plan, plan
from pipeline.stays import stay_events

REGISTERED = "registered.parquet"
FACTS = "facts.parquet"
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

    def context_path(self, as_of: dt.date, bucket: int) -> Path:
        """The file with the columns of `CONTEXT` for everyone registered. It is deleted when the snapshot is done."""
        return bucket_path(self.folders[as_of] / "context", bucket)

    def part_path(self, as_of: dt.date, bucket: int) -> Path:
        return part_path(self.folders[as_of], bucket)

    def part_paths(self, as_of: dt.date) -> list[Path]:
        return [self.part_path(as_of, bucket) for bucket in range(self.buckets)]

    def write_context(self, bucket: int) -> None:
        """Write what the log alone shows about everyone registered. Household and practice features use it."""
        due = [as_of for as_of in sorted(self.folders) if not self.context_path(as_of, bucket).exists()]
        for dates in _some_at_once(due):
            asked = plan(CONTEXT, self.features.concepts, dates, self.history_days)
            people = [self._of_bucket(self.folders[as_of] / REGISTERED, bucket, "person") for as_of in dates]
            matrices = count(asked, self._log(bucket, asked), [_persons(frame) for frame in people])
            for as_of, frame, counted in zip(dates, people, matrices, strict=True):
                write_parquet(frame.hstack(columns(counted, asked.features)), self.context_path(as_of, bucket))

    def write_parts(self, bucket: int) -> str:
        """Write the features of the bucket's cohorts; people without events have a row too. Returns a description of
        each (`described`).
        """
        descriptions = {
            as_of: _describe(path) for as_of in self.folders if (path := self.part_path(as_of, bucket)).exists()
        }
        for dates in _some_at_once([as_of for as_of in sorted(self.folders) if as_of not in descriptions]):
            asked = plan(self.features.features, self.features.concepts, dates, self.history_days)
            people = [self._of_bucket(self.folders[as_of] / FACTS, bucket) for as_of in dates]
            admissions = self._of_bucket(self.admissions, bucket)
            stays = stay_events(admissions, self.diagnoses, self.features.concepts, dates)
            matrices = count(asked, self._log(bucket, asked), [_persons(frame) for frame in people], stays)
            for as_of, frame, counted in zip(dates, people, matrices, strict=True):
                complete(counted, frame, self.features)
                path = self.part_path(as_of, bucket)
                told = write_values(path, frame["person"], self.features.names, counted)
                descriptions[as_of] = _part(path, self.features.names, frame.height, told)
        return _DESCRIBED.dump_json(descriptions).decode()

    def _log(self, bucket: int, asked: Plan) -> pl.DataFrame:
        return scan_parquet(bucket_path(self.log, bucket)).filter(pl.col("concept").is_in(asked.concepts)).collect()

    def _of_bucket(self, path: str | Path, bucket: int, *columns: str) -> pl.DataFrame:
        """Rows of the people of a bucket, with some columns or all."""
        first = bucket * self.bucket_people
        own = pl.col("person").is_between(first, first + self.bucket_people, closed="left")
        rows = scan_parquet(path).filter(own)
        return (rows.select(columns) if columns else rows).collect()


def described(text: str) -> dict[dt.date, Part]:
    """The description of a bucket from `SnapshotJob.write_parts`, by as-of date."""
    return _DESCRIBED.validate_json(text)


def _describe(path: Path) -> Part:
    """Describe a written part."""
    features = read_part(path).drop("person")
    return _part(path, features.columns, features.height, narrow(values_of(features))[1])


def _part(path: Path, names: Sequence[str], people: int, told: Told) -> Part:
    known = dict(zip(names, told.known.tolist(), strict=True))
    least, greatest = (
        {name: value if known[name] else None for name, value in zip(names, numbers.tolist(), strict=True)}
        for numbers in (told.least, told.greatest)
    )
    total = dict(zip(names, told.total.tolist(), strict=True))
    return Part(people, sha256(path), known, least, greatest, total)


def _persons(frame: pl.DataFrame) -> npt.NDArray[np.int32]:
    return frame["person"].to_numpy()


def _some_at_once(dates: Sequence[dt.date]) -> list[Sequence[dt.date]]:
    return [dates[start : start + DATES_AT_ONCE] for start in range(0, len(dates), DATES_AT_ONCE)]
