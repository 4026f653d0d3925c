"""Reads the outcomes known at an as-of date. Leaves out people who left, and treats people whom a list reached as the
plan requires."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.disk import read_parquet
from data_schemas.errors import RunFailed
from data_schemas.receipts import Snapshot, TrainingPlan
from models.learning import censoring, influence


def outcomes(snapshot: Snapshot, outcome: str, horizon_days: int) -> pl.DataFrame:
    """Outcomes in person order.

    Raises:
        RunFailed: if the snapshot has no such outcome.
    """
    path = snapshot.folder / "outcomes" / f"{outcome}-{horizon_days}.parquet"
    if not path.exists():
        raise RunFailed(
            f"The snapshot of {snapshot.as_of} holds no outcome {outcome!r} over {horizon_days} days. Its window must end by run.as_of."
        )
    return read_parquet(path).sort("person")


@dataclass(frozen=True)
class KnownOutcomes:
    """The people at one as-of date whose outcome is known, in person order."""

    person: NDArray[np.int32]
    y: NDArray[np.int8]
    as_of: NDArray[np.int32]
    kept_weight: NDArray[np.float64]
    """Inverse probability of having stayed under observation."""
    part: NDArray[np.float64] | None = None
    """The share of a person that a row represents. People whom a list reached can count in part with the event and in
    part without."""

    def where(self, rows: NDArray[np.bool_]) -> KnownOutcomes:
        """Some of the rows."""
        part = None if self.part is None else self.part[rows]
        return KnownOutcomes(self.person[rows], self.y[rows], self.as_of[rows], self.kept_weight[rows], part)

    def weight(self, plan: TrainingPlan) -> NDArray[np.float64] | None:
        """The weight of each row under the plan. None if every row counts as one."""
        kept = weight_of(plan, self.kept_weight)
        if self.part is None or kept is None:
            return self.part if kept is None else kept
        return self.part * kept


def weight_of(plan: TrainingPlan, kept: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The weights that a plan needs because people left. None if it needs none."""
    return kept if plan.leavers == "weight" else None


def settled(snapshot: Snapshot, plan: TrainingPlan) -> pl.DataFrame:
    """Outcomes in person order. People whom a list reached count as having left, unless the plan ignores that."""
    frame = outcomes(snapshot, plan.outcome, plan.horizon_days)
    touched = influence.EMPTY if plan.influenced == "ignore" else influence.influence_of(snapshot, plan.horizon_days)
    return influence.unsupported(frame, touched)


def known_outcomes(snapshot: Snapshot, plan: TrainingPlan) -> KnownOutcomes:
    """Outcomes without leavers and people reached, and the weights that correct for leavers."""
    frame = settled(snapshot, plan)
    return _known(snapshot, frame, censoring.weights(frame, plan.horizon_days))


def learning_outcomes(snapshot: Snapshot, plan: TrainingPlan) -> KnownOutcomes:
    """Outcomes to train on: the same, but under `weight` people reached in the window also count, in part with the
    event and in part without."""
    frame = settled(snapshot, plan)
    share = influence.expected_share(frame, plan.horizon_days)
    if plan.influenced != "weight" or np.isnan(share).all():
        return _known(snapshot, frame, censoring.weights(frame, plan.horizon_days))
    kept = frame.with_columns(left=pl.col("left") & np.isnan(share))
    known = _known(snapshot, kept, censoring.weights(kept, plan.horizon_days))
    return _in_two(known, share[~kept["left"].to_numpy()])


def _known(snapshot: Snapshot, frame: pl.DataFrame, weight: NDArray[np.float64]) -> KnownOutcomes:
    """The people who did not leave, with their `weight`."""
    known = frame.filter(~pl.col("left"))
    return KnownOutcomes(
        known["person"].to_numpy().astype(np.int32),
        known["event"].to_numpy().astype(np.int8),
        np.full(known.height, day_number(snapshot.as_of), np.int32),
        weight,
    )


def _in_two(known: KnownOutcomes, share: NDArray[np.float64]) -> KnownOutcomes:
    """Split each person with a `share` into two rows: with the event for the share, and without it for the rest."""
    rows = np.repeat(np.arange(len(share)), np.where(np.isnan(share), 1, 2))
    second = np.r_[False, rows[1:] == rows[:-1]]
    halved, split = share[rows], ~np.isnan(share[rows])
    part = np.where(split, np.where(second, halved, 1 - halved), 1.0)
    y = np.where(split, second, known.y[rows]).astype(np.int8)
    return KnownOutcomes(known.person[rows], y, known.as_of[rows], known.kept_weight[rows], part)


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return (day - dt.date(1970, 1, 1)).days
