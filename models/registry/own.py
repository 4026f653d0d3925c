"""Logs a run for a model that was trained elsewhere, so that people can find it, view it and compare it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from data_schemas.receipts import TrainingPlan, plain
from data_schemas.sealed import sealed
from models.judging.record import OwnEvaluation
from models.judging.shown import shown
from models.lineage import dates
from models.registry.client import connect, experiment, mlflow_module, quiet
from models.registry.described import fingerprints, flat, parameters
from models.registry.runs import KEY, evaluation_name
from models.storage import Description


@quiet()
def log_own(
    plan: TrainingPlan,
    described: Description,
    evaluation: OwnEvaluation,
    key: str,
    folder: Path,
    store: Path,
) -> str:
    """Log one run with the model's files, its figures on the test dates, and its training data. Returns the run id."""
    client, mlflow = connect(store), mlflow_module()
    tags = {
        KEY: key,
        "kind": "own",
        "site": plan.site,
        "outcome": plan.outcome,
        "train_as_of": dates(described.train, " "),
        "test_as_of": dates(evaluation.test, " "),
        "feature_set": described.feature_set,
        **fingerprints(described.train, evaluation.test),
        "model_version": described.model_version,
    }
    where = experiment(client, f"neighbourly/{plan.site}", store)
    with mlflow.start_run(experiment_id=where, run_name=described.candidate, tags=tags) as run:
        run_id = str(run.info.run_id)
        mlflow.log_params(parameters(plan, described))
        evaluation = shown(evaluation)
        figures = flat(plain(evaluation.metrics))
        mlflow.log_metrics({name: value for name, value in figures if np.isfinite(value)})
        for path in sorted(folder.iterdir()):
            if path.name == evaluation_name(key):
                client.log_text(run_id, sealed(evaluation).decode(), f"neighbourly/{path.name}")
            else:
                client.log_artifact(run_id, str(path), "neighbourly")
    return run_id
