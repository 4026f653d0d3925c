"""MLflow, and the only place that knows it: runs, registered versions, aliases, the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data_schemas.receipts import Notice, Snapshot, TrainedModel, TrainingPlan
from models import alarms, gate, lineage, storage
from models.judge import TestData
from models.lineage import registered_name
from models.registry.aliases import CHALLENGER, CHAMPION, add_version, promote, promote_to, roll_back, version_of
from models.registry.client import connect, fetch, quiet, warm_up
from models.registry.runs import KEY, attach, evaluation_name, log_nested, log_training, model_of_run, tested_on

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "attach",
    "champion",
    "connect",
    "evaluation_name",
    "log_nested",
    "model_of_run",
    "promote",
    "quiet",
    "register",
    "registered_name",
    "roll_back",
    "tested_on",
    "warm_up",
]  # fmt: skip


@quiet()
def champion(
    plan: TrainingPlan, train_snapshots: Sequence[Snapshot], test_snapshots: Sequence[Snapshot], store: Path
) -> TrainedModel | None:
    """The model that training would end with, or None when it has to be trained.

    Known when champion or challenger has been made from the same data, plan and code. The champion scores; where it won over a
    challenger of this very training, its figures on these test dates are those written then.
    """
    client, name = connect(store), registered_name(plan)
    key = lineage.training_key(plan, train_snapshots, test_snapshots)
    holders = {alias: version_of(client, name, alias) for alias in (CHAMPION, CHALLENGER)}
    if not any(version is not None and version.tags.get(KEY) == key for version in holders.values()):
        return None
    alias = CHAMPION if holders[CHAMPION] is not None else CHALLENGER
    found = restore(client, holders[alias], alias, store, key)
    return found if Path(found.evaluation_path).exists() else None


@quiet()
def standing(plan: TrainingPlan, store: Path) -> TrainedModel | None:
    """The champion of a site, outcome and horizon, whatever it was trained on; judged as it was then."""
    client = connect(store)
    holder = version_of(client, registered_name(plan), CHAMPION)
    return restore(client, holder, CHAMPION, store) if holder is not None else None


def restore(client: Any, version: Any, alias: str, store: Path, key: str = "") -> TrainedModel:
    """A registered version as a `TrainedModel` judged under `key`; files are fetched when the store no longer holds them."""
    folder = store / "models" / version.tags["neighbourly.model_version"]
    own = version.tags[KEY]
    fetch(client, version.run_id, folder, ("model.skops", "model.json", evaluation_name(own)))
    return trained(folder, version.run_id, version.name, str(version.version), alias, key or own)


def trained(folder: Path, run_id: str, name: str, version: str, alias: str, key: str) -> TrainedModel:
    """The receipt of a model folder."""
    described = storage.describe(folder)
    return TrainedModel(
        str(folder), described["model_version"], described["candidate"], described["feature_set"], run_id, name, version, alias,
        str(folder / evaluation_name(key)),
    )  # fmt: skip


@quiet()
def register(
    plan: TrainingPlan, folder: Path, key: str, test: TestData, accept: Mapping[str, str], store: Path
) -> tuple[TrainedModel, TrainedModel | None]:
    """Log and register the model of `folder`, pass it through the gate; gives it and the champion before it.

    A model that is held back becomes the challenger.
    """
    client, name = connect(store), registered_name(plan)
    evaluation = json.loads((folder / evaluation_name(key)).read_bytes())
    holder = version_of(client, name, CHAMPION)
    incumbent = restore(client, holder, CHAMPION, store) if holder else None
    raised = [Notice(**alarm) for alarm in evaluation["alarms"]]
    verdict = gate.decide(folder, incumbent, test, alarms.unaccepted(raised, list(accept)))
    run_id, uri = log_training(client, plan, folder, evaluation, key, store)
    version = add_version(
        client, name, uri, run_id, {KEY: key, "neighbourly.model_version": evaluation["model_version"]}
    )
    for alarm, reason in accept.items():
        client.set_model_version_tag(name, version, f"neighbourly.accepted.{alarm}", reason)
    client.set_model_version_tag(name, version, "neighbourly.gate", verdict.reason)
    alias = CHAMPION if verdict.promoted else CHALLENGER
    promote_to(client, name, version, alias)
    return trained(folder, run_id, name, version, alias, key), incumbent
