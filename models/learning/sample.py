# ruff: noqa: N803, N806 - X is the matrix of features, as in scikit-learn
"""Turns snapshots into numbers to train on: rows of people, columns of features, and outcomes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import TypeAdapter

from data_schemas.disk import scan_parquet
from data_schemas.errors import RunFailed
from data_schemas.feature_parts import part_paths, read_part
from data_schemas.receipts import Feature, Snapshot, TrainingPlan
from models.learning.known_outcomes import KnownOutcomes, learning_outcomes

MAXIMUM_CELLS = 100_000_000
"""Largest number of cells (rows times features) to train on together: 400 MB. Above it, rows without the event are
sampled and the prior is corrected."""


THREADS = 2
"""Number of parts of a snapshot that are read at the same time."""


@dataclass(frozen=True)
class Sample:
    """People at one or more as-of dates: `X` float32 (n, k) in the order of `features`, NaN for missing.

    `weight` corrects for rows not sampled and for people who left. None if every row counts once.
    """

    features: list[Feature]
    X: NDArray[np.float32]
    y: NDArray[np.int8]
    person: NDArray[np.int32]
    as_of: NDArray[np.int32]
    """Days since 1970-01-01, one for each row."""
    weight: NDArray[np.float64] | None = None
    looked_at: NDArray[np.int32] | None = None
    """People of the first look, which chose the features. Candidates are never compared on them. None without a first
    look."""
    declared: int = 0
    """Number of features that vary, from which a first look chose. 0 without a first look."""

    def __len__(self) -> int:
        return len(self.y)

    @property
    def events(self) -> int:
        """Number of rows with the event. People who count in part (decision 11) count for their part."""
        return round(float(self.y @ self._parts()))

    @property
    def person_dates(self) -> int:
        """Number of rows. The two rows of a person who counts in part count as one."""
        return round(float(self._parts().sum()))

    def _parts(self) -> NDArray[np.float64]:
        return np.ones(len(self)) if self.weight is None else np.minimum(self.weight, 1)

    def where(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Sample:
        """Some of the rows."""
        weight = None if self.weight is None else self.weight[rows]
        return replace(
            self, X=self.X[rows], y=self.y[rows], person=self.person[rows], as_of=self.as_of[rows], weight=weight
        )

    def places(self, names: Sequence[str]) -> list[int]:
        """Column numbers of some of the features, in order."""
        return [i for i, feature in enumerate(self.features) if feature.name in names]

    def only(self, names: Sequence[str]) -> Sample:
        """Return the same rows with some of the features."""
        columns = self.places(names)
        kept = [self.features[i] for i in columns]
        return replace(self, features=kept, X=self.X[:, columns])


@cache
def _features() -> TypeAdapter[list[Feature]]:
    return TypeAdapter(list[Feature])


@cache
def _description(path: str) -> dict[str, object]:
    description: dict[str, object] = json.loads((Path(path) / "snapshot.json").read_bytes())
    return description


def snapshot_at(folder: Path) -> Snapshot:
    """The receipt of a snapshot folder."""
    described = json.loads((folder / "snapshot.json").read_bytes())
    as_of = dt.date.fromisoformat(described["as_of"])
    return Snapshot(str(folder), as_of, described["rows"], described["feature_set"], described["fingerprint"])


def features_of(snapshot: Snapshot) -> list[Feature]:
    """Every declared feature, in declared order."""
    return _features().validate_python(_description(snapshot.path)["features"])


def statistics_of(snapshot: Snapshot) -> dict[str, dict[str, float | None]]:
    """Missing share, minimum, maximum and mean of each feature."""
    return _description(snapshot.path)["statistics"]  # type: ignore[return-value]


def varying(snapshots: Sequence[Snapshot]) -> list[Feature]:
    """Features that vary, in value or in being missing, over the rows of all snapshots."""
    by_snapshot = [statistics_of(snapshot) for snapshot in snapshots]
    return [f for f in features_of(snapshots[0]) if _varies([statistics[f.name] for statistics in by_snapshot])]


def _varies(by_snapshot: list[dict[str, float | None]]) -> bool:
    shares = [s["missing_share"] or 0.0 for s in by_snapshot]
    edges = {edge for s in by_snapshot for edge in (s["minimum"], s["maximum"]) if edge is not None}
    return len(edges) > 1 or any(0 < share < 1 for share in shares) or len(set(shares)) > 1


def cohort(snapshot: Snapshot, *columns: str) -> pl.DataFrame:
    """Read the cohort of a snapshot, in person order: all columns or, of those named, `person` and those it has."""
    rows = scan_parquet(snapshot.folder / "cohort.parquet")
    there = rows.collect_schema().names()
    wanted = {"person", *columns} if columns else set(there)
    return rows.select(name for name in there if name in wanted).collect()


def persons(snapshot: Snapshot) -> NDArray[np.int32]:
    """The numbers of everybody in a snapshot's cohort, in ascending order."""
    return cohort(snapshot, "person")["person"].to_numpy().astype(np.int32)


def load(
    snapshots: Sequence[Snapshot],
    features: list[Feature],
    plan: TrainingPlan,
    cells: int = MAXIMUM_CELLS,
    among: NDArray[np.int32] | None = None,
) -> Sample:
    """Load rows whose outcome is known, of all people or `among` some, pooled over the snapshots, with the named
    features.

    If rows times features exceed `cells`, rows are sampled, first those without the event, and weighted so that every
    rate and likelihood stays that of all rows.
    """
    known = [learning_outcomes(snapshot, plan) for snapshot in snapshots]
    if among is not None:
        known = [each.where(np.isin(each.person, among)) for each in known]
    kept = sampled_shares(known, cells // max(len(features), 1))
    drawn = [_drawn(snapshot, k, plan, kept) for snapshot, k in zip(snapshots, known, strict=True)]
    edges = np.cumsum([0, *(len(k.y) for k, _ in drawn)])
    X = np.empty((edges[-1], len(features)), np.float32)
    names = [feature.name for feature in features]
    for snapshot, (k, _), (start, end) in zip(snapshots, drawn, pairwise(edges), strict=True):
        people, rows = np.unique(k.person, return_inverse=True)
        if len(people) == len(rows):
            fill(X[start:end], snapshot, names, people)
        else:
            X[start:end] = matrix(snapshot, names, people)[rows]
    return Sample(
        features,
        X,
        np.concatenate([k.y for k, _ in drawn]),
        np.concatenate([k.person for k, _ in drawn]),
        np.concatenate([k.as_of for k, _ in drawn]),
        _pooled(drawn),
    )


def _pooled(drawn: Sequence[tuple[KnownOutcomes, NDArray[np.float64] | None]]) -> NDArray[np.float64] | None:
    """Pool the weights of all dates. If only some dates have weights, rows of the other dates count once. None if no
    date has any."""
    if all(weight is None for _, weight in drawn):
        return None
    return np.concatenate([np.ones(len(k.y)) if weight is None else weight for k, weight in drawn])


def sampled_shares(known: Sequence[KnownOutcomes], rows: int) -> tuple[float, float]:
    """Shares of rows without and with the event to keep, so that about `rows` remain; events may take up to half of
    them."""
    events = sum(int(k.y.sum()) for k in known)
    others = sum(len(k.y) for k in known) - events
    if events + others <= rows:
        return 1.0, 1.0
    kept_events = min(1.0, rows / 2 / max(events, 1))
    return min(1.0, (rows - kept_events * events) / max(others, 1)), kept_events


def _drawn(
    snapshot: Snapshot, known: KnownOutcomes, plan: TrainingPlan, kept: tuple[float, float]
) -> tuple[KnownOutcomes, NDArray[np.float64] | None]:
    """Draw the rows to train on, with weights that correct for sampling and for people who left."""
    weight = known.weight(plan)
    if min(kept) == 1:
        return known, weight
    share = np.where(known.y == 1, kept[1], kept[0])
    rows = np.random.default_rng([plan.seed, snapshot.as_of.toordinal()]).random(len(share)) < share
    return known.where(rows), ((1.0 if weight is None else weight) / share)[rows]


def matrix(snapshot: Snapshot, names: list[str], person: NDArray[np.int32]) -> NDArray[np.float32]:
    """Read features as a matrix: float32 (len(person), len(names)), for people in ascending order."""
    X = np.empty((len(person), len(names)), np.float32)
    fill(X, snapshot, names, person)
    return X


def fill(X: NDArray[np.float32], snapshot: Snapshot, names: list[str], person: NDArray[np.int32]) -> None:
    """Write the features of people, in ascending order, into `X`. Only two parts of the snapshot are in memory at a
    time."""
    paths = part_paths(snapshot.folder) if names else []
    own = [np.isin(read_part(path, ["person"])["person"].to_numpy(), person, assume_unique=True) for path in paths]
    edges = np.cumsum([0, *(rows.sum() for rows in own)])
    if names and edges[-1] != len(person):
        raise RunFailed(
            f"The snapshot of {snapshot.as_of} has features for {edges[-1]} of {len(person)} people wanted. Take it again."
        )

    def one(part: int) -> None:
        X[edges[part] : edges[part + 1]] = numbers(read_part(paths[part], names, own[part]))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, [part for part, rows in enumerate(own) if rows.any()]))


def numbers(features: pl.DataFrame) -> NDArray[np.float32]:
    """Turn a frame of features into float32 (n, k), with NaN for missing."""
    return features.select(pl.all().cast(pl.Float32).fill_null(float("nan"))).to_numpy(order="c")
