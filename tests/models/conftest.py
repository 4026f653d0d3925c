"""Fixtures: snapshots of a small invented borough, and one model trained on them."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import borough

from data_schemas.receipts import Snapshot, TrainedModel, TrainingPlan

TRAIN = (dt.date(2023, 1, 1), dt.date(2023, 4, 1))
TEST = dt.date(2024, 4, 1)


class Site(NamedTuple):
    plan: TrainingPlan
    train: list[Snapshot]
    test: list[Snapshot]
    store: Path
    model: TrainedModel
    truth: Path


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Site:
    """Two training dates, one test date, a trained and registered model."""
    from models.train import train

    folder = tmp_path_factory.mktemp("borough")
    taken = [borough.take(folder, day) for day in TRAIN]
    tested = [borough.take(folder, TEST)]
    plan, store = TrainingPlan("Small Borough", seed=7), folder / "out" / "store"
    truth = tested[0].folder / "truth.parquet"
    return Site(plan, taken, tested, store, train(plan, taken, tested, store, truth=truth), truth)
