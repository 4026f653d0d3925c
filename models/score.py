"""Works out the risk of everyone in a snapshot."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.disk import read_parquet, write_parquet
from data_schemas.feature_parts import part_paths, read_part
from data_schemas.receipts import Snapshot, TrainedModel
from models import storage
from models.learning import sample
from models.learning.estimators import RiskModel
from models.metrics import Array

Step = Callable[[int], None]
BLOCK = 50_000
"""Number of people scored at a time, so that memory stays limited."""


def in_turn(step: Step, count: int) -> None:
    """Run a step for every number below `count`, one after the other."""
    for number in range(count):
        step(number)


def score(model: TrainedModel, snapshot: Snapshot, store: Path, each: Callable[[Step, int], object] = in_turn) -> Path:
    """Write `person` (int32) and `risk` (float64), sorted by person, for everyone in the snapshot's cohort.

    `each` runs the parts of the snapshot, here or on a cluster's workers. The risks of a part do not depend on other
    parts.
    """
    path = store / "scores" / f"{snapshot.as_of}-{model.model_version}.parquet"
    parts = path.with_suffix(".parts")
    count = len(part_paths(snapshot.folder))
    each(Parts(model.path, snapshot, parts).score, count)
    frames = [read_parquet(parts / f"part-{number:04d}.parquet") for number in range(count)]
    found = write_parquet(pl.concat(frames), path)
    shutil.rmtree(parts)
    return found


@dataclass(frozen=True)
class Parts:
    """Scores the parts of a snapshot, on any machine that can read the store."""

    model: str
    snapshot: Snapshot
    folder: Path

    @cached_property
    def fitted(self) -> RiskModel:
        """The model. To open and check it takes as long as to score a small part, so a process does it once; on Spark,
        each part does."""
        return storage.load(self.model)

    def score(self, number: int) -> None:
        """Write the risks of the people in one part."""
        names = list(self.fitted.feature_names or ())
        features = read_part(part_paths(self.snapshot.folder)[number], ["person", *names])
        blocks = [block for block in features.drop("person").iter_slices(BLOCK) if block.height]
        risk = [self.fitted.predict_proba(sample.numbers(block))[:, 1] for block in blocks]
        frame = pl.DataFrame(
            {"person": features["person"], "risk": np.concatenate([np.empty(0), *risk])},
            schema={"person": pl.Int32, "risk": pl.Float64},
        )
        write_parquet(frame, self.folder / f"part-{number:04d}.parquet")


def risks(model: RiskModel, snapshot: Snapshot, person: NDArray[np.int32]) -> Array:
    """Calibrated risks of people given in ascending order."""
    names = list(model.feature_names or ())
    blocks = [person[start : start + BLOCK] for start in range(0, len(person), BLOCK)]
    parts = [model.predict_proba(sample.matrix(snapshot, names, block))[:, 1] for block in blocks]
    return np.concatenate(parts) if parts else np.empty(0)
