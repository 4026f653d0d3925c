"""The risk of everyone in a snapshot."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.receipts import Snapshot, TrainedModel
from models import sample, storage
from models.estimators import RiskModel
from models.metrics import Array

BLOCK = 50_000
"""People at a time, so that memory stays bounded."""


def score(model: TrainedModel, snapshot: Snapshot, store: Path) -> Path:
    """Write `person` (int32) and `risk` (float64), sorted by person, for everyone in the snapshot's cohort."""
    fitted = storage.load(model.path)
    person = sample.cohort(snapshot)["person"].to_numpy().astype(np.int32)
    risk = risks(fitted, snapshot, person)
    frame = pl.DataFrame({"person": person, "risk": risk}, schema={"person": pl.Int32, "risk": pl.Float64})
    return write_parquet(frame, store / "scores" / f"{snapshot.as_of}-{model.model_version}.parquet")


def risks(model: RiskModel, snapshot: Snapshot, person: NDArray[np.int32]) -> Array:
    """Calibrated risks of people given in ascending order."""
    names = list(model.feature_names or ())
    blocks = [person[start : start + BLOCK] for start in range(0, len(person), BLOCK)]
    found = [model.predict_proba(sample.matrix(snapshot, names, block))[:, 1] for block in blocks]
    return np.concatenate(found) if found else np.empty(0)


def write_parquet(frame: pl.DataFrame, path: Path) -> Path:
    """Parquet under its final name only when complete; the same rows give the same bytes."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=False)
    return storage.write_atomically(path, buffer.getvalue())
