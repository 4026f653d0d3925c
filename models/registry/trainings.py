"""Reads every training from MLflow, so that one page can compare hundreds of them."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.registry.client import connect, quiet
from models.registry.database import BUSY_SECONDS, FILE, elsewhere

KINDS = ("training", "own")
"""Tag `kind` of runs that have a model: one of ours, or a user's own."""
PAGE = 1000
"""Number of runs in one request."""


@dataclass(frozen=True)
class Training:
    """A run: when it started, its tags, parameters and last metrics, and the registered version that it became."""

    run_id: str
    started: dt.datetime
    tags: Mapping[str, str]
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    version: str = ""
    """The registered version and its alias: `12`, or `12 champion`."""


def trainings(store: Path) -> list[Training]:
    """All trainings, newest first.

    This reads the database in the output folder without MLflow, which takes seconds to import and to make objects of
    every figure.
    """
    if elsewhere():
        runs = from_mlflow(connect(store))
    else:
        path = store.parent / FILE
        runs = from_database(path) if path.exists() else []
    return sorted(runs, key=lambda training: (training.started, training.run_id), reverse=True)


@quiet()
def from_mlflow(client: Any) -> list[Training]:
    """Read the trainings with MLflow's own client."""
    versions = _versions(client)
    return [
        Training(
            run.info.run_id, _moment(run.info.start_time), dict(run.data.tags), dict(run.data.params), dict(run.data.metrics),
            versions.get(run.info.run_id, ""),
        )
        for run in _runs(client)
    ]  # fmt: skip


def _runs(client: Any) -> Iterator[Any]:
    experiments = [each.experiment_id for each in client.search_experiments()]
    for kind in KINDS:
        token = None
        while experiments:
            page = client.search_runs(experiments, f"tags.kind = '{kind}'", max_results=PAGE, page_token=token)
            yield from page
            token = page.token
            if not token:
                break


def _versions(client: Any) -> dict[str, str]:
    """Registered versions by run, with the aliases that point to them."""
    versions = {}
    for model in client.search_registered_models():
        aliases = {str(version): alias for alias, version in model.aliases.items()}
        for version in client.search_model_versions(f"name = '{model.name}'"):
            versions[version.run_id] = f"{version.version} {aliases.get(str(version.version), '')}".strip()
    return versions


CHOSEN = """CREATE TEMP VIEW chosen AS SELECT runs.run_uuid, start_time FROM runs JOIN tags ON tags.run_uuid = runs.run_uuid
WHERE tags.key = 'kind' AND tags.value IN ('training', 'own') AND lifecycle_stage = 'active'"""
VERSIONS = """SELECT run_id, v.version, coalesce(a.alias, '') FROM model_versions v
LEFT JOIN registered_model_aliases a ON a.name = v.name AND a.version = v.version ORDER BY v.version"""


def from_database(path: Path) -> list[Training]:
    """Read the trainings from the database of an output folder."""
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database:
        database.execute(CHOSEN)
        runs = database.execute("SELECT run_uuid, start_time FROM chosen").fetchall()
        tags, parameters, metrics = (_named(database, table) for table in ("tags", "params", "latest_metrics"))
        versions = {run: f"{version} {alias}".strip() for run, version, alias in database.execute(VERSIONS)}
    none: dict[str, Any] = {}
    return [
        Training(
            run, _moment(start), tags.get(run, none), parameters.get(run, none), metrics.get(run, none), versions.get(run, ""),
        )
        for run, start in runs
    ]  # fmt: skip


def _named(database: sqlite3.Connection, table: str) -> dict[str, dict[str, Any]]:
    """Keys and values of a table's rows that belong to trainings, by run."""
    by_run: dict[str, dict[str, Any]] = {}
    asked = f"SELECT run_uuid, key, value FROM {table} JOIN chosen USING (run_uuid)"  # noqa: S608 - our own names
    for run, key, value in database.execute(asked):
        by_run.setdefault(run, {})[key] = value
    return by_run


def _moment(milliseconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
