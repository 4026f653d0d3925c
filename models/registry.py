"""MLflow, and the only place that knows it: runs, registered versions, aliases, the gate."""

from __future__ import annotations

import json
import logging
import os
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from data_schemas.receipts import Notice, Snapshot, TrainedModel, TrainingPlan
from models import alarms, gate, lineage, plots, storage
from models.judge import TestData
from models.lineage import registered_name

CHAMPION, CHALLENGER = "champion", "challenger"
REQUIREMENTS = ("lightgbm", "numpy", "scikit-learn", "scipy", "skops")
KEY = "neighbourly.training_key"
BATCH = 900
"""Metrics a request; MLflow takes at most 1000."""


def warm_up() -> None:
    """Begin to import MLflow (some seconds) beside other work."""
    threading.Thread(target=_mlflow, daemon=True).start()


@contextmanager
def quiet() -> Iterator[None]:
    """MLflow and what it stands on warn of their own deprecations, which no user can mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _mlflow() -> Any:
    """MLflow, quiet: no telemetry, no chatter on import."""
    for name, value in (("MLFLOW_DISABLE_TELEMETRY", "true"), ("DO_NOT_TRACK", "true")):
        os.environ.setdefault(name, value)
    with quiet():
        import mlflow
        import mlflow.sklearn
    for logger in ("mlflow", "alembic"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    return mlflow


def connect(store: Path) -> Any:
    """A client of MLFLOW_TRACKING_URI, else of `<out>/mlflow.db` (`store` is `<out>/store`)."""
    mlflow = _mlflow()
    where = os.environ.get("MLFLOW_TRACKING_URI")
    store.parent.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(where or f"sqlite:///{store.parent.resolve() / 'mlflow.db'}")
    if where is None:  # MLflow has just set it, and would send the next run in this process to this folder
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    return mlflow.MlflowClient()


def _experiment(client: Any, name: str, store: Path) -> str:
    """The experiment's id; beside the embedded database its artifacts lie in `<out>/mlartifacts`."""
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    beside = None if os.environ.get("MLFLOW_TRACKING_URI") else (store.parent.resolve() / "mlartifacts").as_uri()
    return str(client.create_experiment(name, artifact_location=beside))


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


def version_of(client: Any, name: str, alias: str) -> Any | None:
    """The registered version behind an alias, or None."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException:
        return None


def restore(client: Any, version: Any, alias: str, store: Path, key: str = "") -> TrainedModel:
    """A registered version as a `TrainedModel` judged under `key`; files are fetched when the store no longer holds them."""
    folder = store / "models" / version.tags["neighbourly.model_version"]
    own = version.tags[KEY]
    for name in ("model.skops", "model.json", evaluation_name(own)):
        if not (folder / name).exists():
            fetched = client.download_artifacts(version.run_id, f"neighbourly/{name}")
            storage.write_atomically(folder / name, Path(fetched).read_bytes())
    return trained(folder, version.run_id, version.name, str(version.version), alias, key or own)


def evaluation_name(key: str) -> str:
    """A model's evaluation depends on the test dates too: its file carries the training key."""
    return f"evaluation-{key[:12]}.json"


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
    version = _version(client, name, uri, run_id, {KEY: key, "neighbourly.model_version": evaluation["model_version"]})
    for alarm, reason in accept.items():
        client.set_model_version_tag(name, version, f"neighbourly.accepted.{alarm}", reason)
    client.set_model_version_tag(name, version, "neighbourly.gate", verdict.reason)
    alias = CHAMPION if verdict.promoted else CHALLENGER
    promote_to(client, name, version, alias)
    return trained(folder, run_id, name, version, alias, key), incumbent


def promote_to(client: Any, name: str, version: str, alias: str) -> None:
    """Give an alias; a new champion remembers the one before it and is nobody's challenger."""
    before = version_of(client, name, CHAMPION)
    if alias == CHAMPION and before is not None and str(before.version) != version:
        client.set_model_version_tag(name, version, "neighbourly.champion_before", str(before.version))
    challenger = version_of(client, name, CHALLENGER)
    if alias == CHAMPION and challenger is not None and str(challenger.version) == version:
        client.delete_registered_model_alias(name, CHALLENGER)
    client.set_registered_model_alias(name, alias, version)


def _version(client: Any, name: str, uri: str, run_id: str, tags: dict[str, str]) -> str:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException:
        client.get_registered_model(name)  # it is there already; anything else fails here
    return str(client.create_model_version(name, uri, run_id, tags=tags).version)


def log_training(
    client: Any, plan: TrainingPlan, folder: Path, evaluation: Mapping[str, Any], key: str, store: Path
) -> tuple[str, str]:
    """One run with parameters, metrics, data fingerprints, plots and the model; gives run id and model URI."""
    mlflow = _mlflow()
    described = storage.describe(folder)
    experiment = _experiment(client, f"neighbourly/{plan.site}", store)
    name = f"{described['candidate']} {plan.outcome} {plan.horizon_days}d"
    with mlflow.start_run(experiment_id=experiment, run_name=name, tags=_tags(plan, described, evaluation, key)) as run:
        run_id = str(run.info.run_id)
        mlflow.log_params(_parameters(plan, described))
        log_metrics(client, run_id, evaluation)
        _log_datasets(client, run_id, described["train"], evaluation["test"])
        for file in ("model.skops", "model.json", evaluation_name(key)):
            client.log_artifact(run_id, str(folder / file), "neighbourly")
        for path in plots.draw(evaluation, folder / "plots"):
            client.log_artifact(run_id, str(path), "plots")
        uri = _log_model(mlflow, folder, described)
    return run_id, uri


def _tags(plan: TrainingPlan, described: Mapping[str, Any], evaluation: Mapping[str, Any], key: str) -> dict[str, str]:
    return {
        "site": plan.site,
        "outcome": plan.outcome,
        "as_of": str(plan.as_of or ""),
        "train_as_of": " ".join(s["as_of"] for s in described["train"]),
        "test_as_of": " ".join(s["as_of"] for s in evaluation["test"]),
        "feature_set": described["feature_set"],
        "data_fingerprint": " ".join(s["fingerprint"][:12] for s in described["train"]),
        "code_version": described["code"],
        "model_version": described["model_version"],
        "configuration": plan.configuration,
        "alarms": " ".join(sorted({alarm["name"] for alarm in evaluation["alarms"]})) or "none",
        KEY: key,
    }


def _parameters(plan: TrainingPlan, described: Mapping[str, Any]) -> dict[str, Any]:
    names = ("candidate", "calibration", "rows", "people", "events")
    planned = {name: getattr(plan, name) for name in ("outcome", "horizon_days", "leavers", "seed", "minimum_events")}
    return planned | {name: described[name] for name in names} | {"features": len(described["features"])}


def log_metrics(client: Any, run_id: str, evaluation: Mapping[str, Any]) -> None:
    """Every number of the evaluation under one consistent name, such as `test/auroc` or `age_sex/ppv_at/0.05`."""
    from mlflow.entities import Metric

    named = evaluation["metrics"] | evaluation["baselines"]
    found = [Metric(name, value, 0, 0) for name, value in flat(named) if np.isfinite(value)]
    for start in range(0, len(found), BATCH):
        client.log_batch(run_id, metrics=found[start : start + BATCH])


def flat(tree: Mapping[str, Any], above: str = "") -> list[tuple[str, float]]:
    """Numbers of a tree with their path."""
    found: list[tuple[str, float]] = []
    for name, value in tree.items():
        path = f"{above}/{name}" if above else str(name)
        if isinstance(value, Mapping):
            found += flat(value, path)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.append((path, float(value)))
    return found


def _log_datasets(
    client: Any, run_id: str, train: Sequence[Mapping[str, Any]], test: Sequence[Mapping[str, Any]]
) -> None:
    """Which snapshots were used: name, fingerprint and number of rows, never a row."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    inputs = []
    for context, snapshots in (("train", train), ("test", test)):
        for s in snapshots:
            profile = json.dumps({"num_rows": s["rows"], "feature_set": s["feature_set"]})
            data = Dataset(
                f"snapshot {s['as_of']}",
                s["fingerprint"][:32],
                "local",
                json.dumps({"uri": s["as_of"]}),
                profile=profile,
            )
            inputs.append(DatasetInput(data, [InputTag("mlflow.data.context", context)]))
    client.log_inputs(run_id, datasets=inputs)


def _log_model(mlflow: Any, folder: Path, described: Mapping[str, Any]) -> str:
    """The model in MLflow's own form, with signature, a made-up example and the few packages it needs."""
    from importlib.metadata import version

    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    names = [feature["name"] for feature in described["features"]]
    signature = ModelSignature(
        Schema([ColSpec("float", name, required=False) for name in names]), Schema([ColSpec("double")])
    )
    info = mlflow.sklearn.log_model(
        storage.load(folder),
        name="model",
        serialization_format="skops",
        skops_trusted_types=storage.TRUSTED,
        signature=signature,
        pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
        pyfunc_predict_fn="predict_proba",
        metadata={"model_version": described["model_version"]},
    )
    return str(info.model_uri)
