"""Reading all trainings directly from the database gives the same as MLflow."""

from __future__ import annotations

import dataclasses

from data_schemas.disk import sqlite_address
from models import registry
from models.registry.database import DATABASE, FILE
from models.registry.trainings import from_database, from_mlflow, trainings


def in_order(found):
    return [dataclasses.asdict(training) for training in sorted(found, key=lambda training: training.run_id)]


def test_the_database_says_what_mlflow_says(site):
    with registry.quiet():
        client = registry.connect(site.store)
    read = from_database(site.store.parent / FILE)
    assert in_order(read) == in_order(from_mlflow(client))
    (ours,) = (training for training in read if training.run_id == site.model.run_id)
    assert ours.version == f"{site.model.registered_version} champion"
    assert ours.metrics["test/auroc"] > 0.5
    assert ours.tags["test_fingerprint"] == site.test[0].fingerprint[:12]


def test_runs_under_a_training_are_not_trainings_and_nothing_is_made_where_there_is_nothing(site, tmp_path):
    assert {training.tags["kind"] for training in trainings(site.store)} <= {"training", "own"}
    assert trainings(tmp_path / "store") == []
    assert list(tmp_path.iterdir()) == []


def test_trainings_of_a_database_that_is_named_are_those_listed(site, tmp_path, monkeypatch):
    monkeypatch.setenv(DATABASE, sqlite_address(site.store.parent / FILE))
    assert in_order(trainings(tmp_path / "store")) == in_order(from_database(site.store.parent / FILE))
