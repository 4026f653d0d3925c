"""Fixtures: the output folder of a small invented borough, with three snapshots, a champion and one published run."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from data_schemas.receipts import Snapshot, TrainedModel, TrainingPlan
from models import lineage, registry, storage
from models.learning import sample
from models.learning.estimators import RiskModel
from models.own import Training, description, log_own
from models.registry.aliases import CHAMPION, CONTENT
from models.score import score
from tests.models import borough

TRAIN = (dt.date(2023, 1, 1), dt.date(2023, 4, 1))
TEST = dt.date(2024, 4, 1)


@pytest.fixture(scope="session")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of `neighbourly run` that a notebook reads. The champion is a logistic regression, which trains
    fast."""
    folder = tmp_path_factory.mktemp("door") / "out"
    store = folder / "store"
    taken = {day: borough.take(store / "snapshots", day, people=2500) for day in (*TRAIN, TEST)}
    given = Training(TrainingPlan("Small Borough", seed=7), [taken[day] for day in TRAIN], [taken[TEST]])
    model = champion(given, store)
    publish(folder, model, pl.read_parquet(score(model, taken[TEST], store)), taken[TEST])
    return folder


def champion(given: Training, store: Path) -> TrainedModel:
    """Fit and calibrate a model, and store, log and register it as champion."""
    learning = sample.load(given.train, sample.varying(given.train), given.plan)
    names = tuple(feature.name for feature in learning.features)
    estimator = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    fitted = RiskModel(estimator, feature_names=names).fit(learning.X, learning.y, groups=learning.person)
    folder, version = storage.save(fitted, description(fitted, "logistic_regression", given), store)
    run = log_own(fitted, names, "logistic regression of everything", given, store)
    client, name = registry.connect(store), lineage.registered_name(given.plan)
    client.create_registered_model(name)
    client.create_model_version(name, folder.as_uri(), run, tags={CONTENT: version})
    client.set_registered_model_alias(name, CHAMPION, "1")
    return TrainedModel(str(folder), version, "logistic_regression", "set-1", run, name, "1", CHAMPION, "")


def publish(out: Path, model: TrainedModel, risks: pl.DataFrame, snapshot: Snapshot) -> None:
    """Write the scores and the report of a run."""
    folder = out / str(TEST)
    folder.mkdir()
    places = pl.int_range(1, pl.len() + 1).over("cluster_code")
    ranked = sample.cohort(snapshot).join(risks, on="person").sort("risk", descending=True)
    rows = ranked.with_columns(
        as_of=pl.lit(TEST), rank_in_cluster=places, band=pl.lit("High"), model_version=pl.lit(model.model_version)
    )
    columns = [
        "person_id",
        "practice_code",
        "cluster_code",
        "as_of",
        "risk",
        "band",
        "rank_in_cluster",
        "model_version",
    ]
    rows.select(columns).write_parquet(folder / "scores.parquet")
    report = {
        "model_version": model.model_version,
        "model": dataclasses.asdict(model),
        "metrics": {"test": {"n": snapshot.rows, "auroc": 0.7, "auroc_low": 0.68, "auroc_high": 0.72}},
        "train_as_of": list(map(str, TRAIN)),
        "test_as_of": [str(TEST)],
    }
    (folder / "report.json").write_text(json.dumps(report))
