"""Logs one MLflow run for each training: parameters, metrics, fingerprints of the data, plots and the model."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from data_schemas.receipts import SnapshotReference, TrainedModel, TrainingPlan
from data_schemas.sealed import sealed
from models import storage
from models.documents import plots
from models.judging import record
from models.judging.record import Evaluation
from models.judging.shown import shown_at
from models.registry.aliases import ALARMS
from models.registry.client import BATCH, connect, experiment, fetch, mlflow_module, quiet, run_of
from models.registry.described import figures, parameters, standing, tags
from models.registry.nested import log_nested, nested_of
from models.storage import Description

REQUIREMENTS = ("lightgbm", "numpy", "scikit-learn", "scipy", "skops")
KEY = "neighbourly.training_key"


def evaluation_name(key: str) -> str:
    """File name of an evaluation. It has the training key, because an evaluation also depends on the test dates."""
    return f"evaluation-{key[:12]}.json"


def log_training(client: Any, plan: TrainingPlan, folder: Path, key: str, store: Path) -> tuple[str, str]:
    """Log one run with parameters, metrics, data fingerprints, plots and the model. Returns run id and model URI."""
    mlflow = mlflow_module()
    described, evaluation = storage.describe(folder), shown_at(folder / evaluation_name(key))
    where = experiment(client, f"neighbourly/{plan.site}", store)
    name = f"{described.candidate} {plan.as_of or described.train[-1].as_of}"
    with mlflow.start_run(
        experiment_id=where,
        run_name=name,
        tags=tags(plan, described, evaluation) | {KEY: key, "kind": "training"},
    ) as run:
        run_id = str(run.info.run_id)
        mlflow.log_params(parameters(plan, described))
        # The model comes before the figures: MLflow would ask for the figures of its run again, one by one.
        uri = _log_model(mlflow, folder, described)
        log_metrics(client, run_id, evaluation, model_id=uri.rpartition("/")[2])
        _log_datasets(client, run_id, described.train, evaluation.test)
        for file in ("model.skops", "model.json"):
            client.log_artifact(run_id, str(folder / file), "neighbourly")
        client.log_text(run_id, sealed(evaluation).decode(), f"neighbourly/{evaluation_name(key)}")
        for path in plots.draw(evaluation, folder / "plots"):
            client.log_artifact(run_id, str(path), "plots")
    for kind, rows in nested_of(evaluation).items():
        log_nested(run_id, kind, rows, store)
    return run_id, uri


def log_metrics(client: Any, run_id: str, evaluation: Evaluation, *, model_id: str | None = None) -> None:
    """Log every figure of the evaluation under a consistent name, such as `test/auroc` or `age_sex/ppv_at/0.05`. Those
    that are not followed over time are also figures of the model, if it is named."""
    from mlflow.entities import Metric

    known = [(name, value, step) for name, value, step in figures(evaluation) if np.isfinite(value)]
    values = [Metric(name, value, 0, step, model_id=None if step else model_id) for name, value, step in known]
    for start in range(0, len(values), BATCH):
        client.log_batch(run_id, metrics=values[start : start + BATCH])


@quiet()
def tag(run_id: str, tags: Mapping[str, str], store: Path) -> None:
    """Set tags of a run."""
    client = connect(store)
    for name, value in tags.items():
        client.set_tag(run_id, name, value)


@quiet()
def log_amended(model: TrainedModel, pictures: Sequence[str], store: Path) -> None:
    """Update the run and the registered version of a model from its evaluation."""
    client = connect(store)
    path = Path(model.evaluation_path)
    evaluation = shown_at(path)
    log_metrics(client, model.run_id, evaluation)
    for name, value in standing(evaluation).items():
        client.set_tag(model.run_id, name, value)
    client.set_model_version_tag(
        model.registered_name, model.registered_version, ALARMS, standing(evaluation)["alarms"]
    )
    client.log_text(model.run_id, sealed(evaluation).decode(), f"neighbourly/{path.name}")
    for drawn in plots.draw(evaluation, Path(model.path) / "plots", pictures):
        client.log_artifact(model.run_id, str(drawn), "plots")


def _log_datasets(
    client: Any, run_id: str, train: Sequence[SnapshotReference], test: Sequence[SnapshotReference]
) -> None:
    """Log which snapshots were used: name, fingerprint and number of rows, but no rows of data."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    inputs = []
    for context, snapshots in (("train", train), ("test", test)):
        for s in snapshots:
            profile = json.dumps({"num_rows": s.rows, "feature_set": s.feature_set})
            data = Dataset(
                f"snapshot {s.as_of}",
                s.fingerprint[:32],
                "local",
                json.dumps({"uri": s.as_of}),
                profile=profile,
            )
            inputs.append(DatasetInput(data, [InputTag("mlflow.data.context", context)]))
    client.log_inputs(run_id, datasets=inputs)


def _nobody(names: Sequence[str]) -> Any:
    """An example of the input that is not a real person: every feature is 0."""
    import pandas as pd

    return pd.DataFrame({name: np.zeros(1) for name in names})


def _log_model(mlflow: Any, folder: Path, described: Description) -> str:
    """Log the model in MLflow's format, with its signature, an invented example and the few packages it needs."""
    from importlib.metadata import version

    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    names = [feature.name for feature in described.features]
    signature = ModelSignature(
        Schema([ColSpec("double", name, required=False) for name in names]), Schema([ColSpec("double")])
    )
    with _without_a_search():
        info = mlflow.sklearn.log_model(
            storage.load(folder),
            name="model",
            serialization_format="skops",
            skops_trusted_types=storage.TRUSTED,
            signature=signature,
            input_example=_nobody(names),
            pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
            pyfunc_predict_fn="predict_proba",
            metadata={"model_version": described.model_version},
        )
    _forget_place(mlflow, info)
    return str(info.model_uri)


@contextmanager
def _without_a_search() -> Iterator[None]:
    """Keep MLflow from reading the file lists of all installed packages, which takes two seconds. It would only need
    them to warn about required packages that are not installed, and ours are.
    """
    from mlflow.utils import requirements_utils

    found: Any = requirements_utils
    if not hasattr(found, "_MODULES_TO_PACKAGES"):  # another release of MLflow: it searches
        yield
        return
    before = found._MODULES_TO_PACKAGES  # noqa: SLF001 - it offers nothing else
    found._MODULES_TO_PACKAGES = before or {}  # noqa: SLF001
    try:
        yield
    finally:
        found._MODULES_TO_PACKAGES = before  # noqa: SLF001


def _forget_place(mlflow: Any, info: Any) -> None:
    """Remove this machine's path from `MLmodel`. MLflow writes it there, and in a copy of the folder it would still
    point to the original."""
    with tempfile.TemporaryDirectory(prefix="neighbourly-mlmodel-") as folder:
        path = mlflow.artifacts.download_artifacts(f"{info.artifact_path}/MLmodel", dst_path=folder)
        saved = mlflow.models.Model.load(path)
        saved.artifact_path = "model"
        saved.save(path)
        mlflow.MlflowClient().log_model_artifact(info.model_id, path)


@quiet()
def model_of_run(run_id: str, store: Path) -> Path:
    """Find the model folder of a run. Fetches it from MLflow if the store does not have it.

    Raises:
        ConfigurationError: if MLflow has no such run.
    """
    client, run = run_of(run_id, store)
    folder: Path = store / "models" / run.data.tags["model_version"]
    fetch(client, run_id, folder, ("model.skops", "model.json"))
    return folder


@quiet()
def tested_on(run_id: str, store: Path) -> list[SnapshotReference]:
    """As-of dates and fingerprints of the snapshots that a run was tested on."""
    client, run = run_of(run_id, store)
    name = evaluation_name(run.data.tags[KEY])
    folder = store / "models" / run.data.tags["model_version"]
    fetch(client, run_id, folder, (name,))
    return record.tested_on(folder / name)


@quiet()
def attach(run_id: str, path: Path, store: Path) -> None:
    """Add a file that has no data about a person (a card, a checklist) to a run."""
    connect(store).log_artifact(run_id, str(path), "documents")
