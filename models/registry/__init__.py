"""Keeps models in MLflow: runs, registered versions, aliases and the gate. No other package uses MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_schemas.errors import RunFailed
from data_schemas.receipts import TrainedModel, TrainingPlan
from data_schemas.sealed import is_whole
from models import storage
from models.judging import gate, record
from models.judging.test_dates import TestData
from models.lineage import registered_name
from models.registry.aliases import (
    ALARMS,
    CHALLENGER,
    CHAMPION,
    CONTENT,
    GATE,
    add_version,
    promote,
    promote_to,
    refused_before,
    roll_back,
    version_of,
)
from models.registry.client import FilesGone, connect, fetch, make_early, quiet, warm_up
from models.registry.nested import Nested, log_nested
from models.registry.own import log_own
from models.registry.runs import (
    KEY,
    attach,
    evaluation_name,
    log_amended,
    log_training,
    model_of_run,
    tag,
    tested_on,
)

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "Nested",
    "attach",
    "champion_version",
    "connect",
    "evaluation_name",
    "known",
    "log_amended",
    "log_nested",
    "log_own",
    "make_early",
    "model_of_run",
    "promote",
    "quiet",
    "reconsider",
    "refused_before",
    "register",
    "registered_name",
    "roll_back",
    "tag",
    "tested_on",
    "warm_up",
]  # fmt: skip


MODEL = ("model.skops", "model.json")


@quiet()
def known(plan: TrainingPlan, key: str, store: Path) -> dict[str, TrainedModel]:
    """Find the models that training under this key has produced, by alias. Empty if training is needed.

    Also empty if somebody edited an evaluation: MLflow's copy has protected counts, and training again gives exact
    ones. The champion is included if it, or a challenger from this training, was tested on these test dates. That
    challenger is included if alarms hold it back.
    """
    client, name = connect(store), registered_name(plan)
    holders = {alias: version_of(client, name, alias) for alias in (CHAMPION, CHALLENGER)}
    made_here = [alias for alias, version in holders.items() if version is not None and version.tags.get(KEY) == key]
    if not made_here:
        return {}
    if any(_is_spoilt(store, version) for version in holders.values() if version is not None):
        return {}
    wanted = {a: v for a, v in holders.items() if v is not None and (a == CHAMPION or a in made_here)}
    try:
        models = {alias: restore(client, version, alias, store, key) for alias, version in wanted.items()}
    except FilesGone:
        return {}
    if not all(is_whole(Path(model.evaluation_path)) for model in models.values()):
        return {}
    challenger = holders[CHALLENGER]
    held = challenger is not None and challenger.tags.get(GATE, "").startswith(gate.HELD_BY_ALARMS)
    return models if held or CHAMPION not in models else {CHAMPION: models[CHAMPION]}


def _is_spoilt(store: Path, version: Any) -> bool:
    """Whether the evaluation of a version exists but has changed since it was written."""
    path = store / "models" / version.tags[CONTENT] / evaluation_name(version.tags[KEY])
    return path.exists() and not is_whole(path)


@quiet()
def standing(plan: TrainingPlan, store: Path) -> TrainedModel | None:
    """The champion of a site, outcome and horizon, whatever its training data, with its evaluation from that time."""
    client = connect(store)
    holder = version_of(client, registered_name(plan), CHAMPION)
    return restore(client, holder, CHAMPION, store) if holder is not None else None


@quiet()
def champion_version(plan: TrainingPlan, store: Path) -> str | None:
    """The content hash of the champion of a site, outcome and horizon. None if there is no champion."""
    holder = version_of(connect(store), registered_name(plan), CHAMPION)
    return None if holder is None else str(holder.tags[CONTENT])


def restore(client: Any, version: Any, alias: str, store: Path, key: str = "") -> TrainedModel:
    """Return a registered version as a `TrainedModel` tested under `key`. Fetches files that the store no longer
    has."""
    folder = store / "models" / version.tags[CONTENT]
    own = version.tags[KEY]
    if folder.exists() and not storage.is_as_saved(folder):
        for name in MODEL:
            (folder / name).unlink(missing_ok=True)
    if not is_whole(folder / evaluation_name(own)):
        (folder / evaluation_name(own)).unlink(missing_ok=True)
    fetch(client, version.run_id, folder, (*MODEL, evaluation_name(own)))
    if not storage.is_as_saved(folder):
        raise RunFailed(storage.CHANGED.format(folder=folder))
    return trained(folder, version.run_id, version.name, str(version.version), alias, key or own)


def trained(folder: Path, run_id: str, name: str, version: str, alias: str, key: str) -> TrainedModel:
    """Make the receipt of a model folder."""
    described = storage.describe(folder)
    return TrainedModel(
        str(folder), described.model_version, described.candidate, described.feature_set, run_id, name, version, alias,
        str(folder / evaluation_name(key)),
    )  # fmt: skip


@quiet()
def register(
    plan: TrainingPlan, folder: Path, key: str, test: TestData, accept: Mapping[str, str], store: Path
) -> tuple[TrainedModel, TrainedModel | None]:
    """Log and register the model in `folder` and pass it through the gate. Returns the model and the previous champion.

    A model that is held back becomes the challenger.
    """
    client, name = connect(store), registered_name(plan)
    evaluation = record.read(folder / evaluation_name(key))
    holder = version_of(client, name, CHAMPION)
    incumbent = _incumbent(client, holder, store)
    raised = evaluation.against_the_model
    refusal = refused_before(client, name, evaluation.model_version)
    verdict = gate.Verdict(False, refusal) if refusal else gate.decide(folder, incumbent, test, raised, list(accept))
    run_id, uri = log_training(client, plan, folder, key, store)
    version = add_version(client, name, uri, run_id, {KEY: key, CONTENT: evaluation.model_version})
    write_verdict(client, name, version, verdict, accept, gate.names(raised))
    return trained(folder, run_id, name, version, CHAMPION if verdict.promoted else CHALLENGER, key), incumbent


def _incumbent(client: Any, holder: Any, store: Path) -> TrainedModel | None:
    """The champion to compare with. None if there is no champion, or its files were deleted."""
    with suppress(FilesGone):
        return restore(client, holder, CHAMPION, store) if holder else None
    return None


@quiet()
def reconsider(
    challenger: TrainedModel, incumbent: TrainedModel | None, test: TestData, accept: Mapping[str, str], store: Path
) -> TrainedModel | None:
    """Pass a challenger whose alarms are gone or accepted through the gate again. Returns the new champion, or None if
    the gate holds it back."""
    raised = record.read(challenger.evaluation_path).against_the_model
    verdict = gate.decide(Path(challenger.path), incumbent, test, raised, list(accept))
    name, version = challenger.registered_name, challenger.registered_version
    write_verdict(connect(store), name, version, verdict, accept, gate.names(raised))
    return replace(challenger, alias=CHAMPION) if verdict.promoted else None


def write_verdict(
    client: Any, name: str, version: str, verdict: gate.Verdict, accept: Mapping[str, str], raised: str
) -> None:
    """Set the alias of a version. Tags record why, which alarms there are, and who accepted which."""
    tags = {GATE: verdict.reason, ALARMS: raised}
    tags |= {f"neighbourly.accepted.{alarm}": reason for alarm, reason in accept.items()}
    for key, value in tags.items():
        client.set_model_version_tag(name, version, key, value)
    client.update_model_version(name, version, f"Gate: {verdict.reason}. Alarms: {raised}.")
    promote_to(client, name, version, CHAMPION if verdict.promoted else CHALLENGER)
