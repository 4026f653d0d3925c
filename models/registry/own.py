"""A run for a model that was trained elsewhere: enough to find it, look at it and compare it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data_schemas.receipts import TrainingPlan
from models import lineage
from models.registry.client import connect, experiment, mlflow_module, quiet
from models.registry.runs import KEY


@quiet()
def log_own(
    plan: TrainingPlan,
    described: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    key: str,
    folder: Path,
    store: Path,
) -> str:
    """One run with the model's files, its figures on the test dates, and what it was trained on; gives the run id."""
    client, mlflow = connect(store), mlflow_module()
    tags = {
        KEY: key,
        "kind": "own",
        "site": plan.site,
        "outcome": plan.outcome,
        "train_as_of": " ".join(s["as_of"] for s in described["train"]),
        "test_as_of": " ".join(s["as_of"] for s in evaluation["test"]),
        "feature_set": described["feature_set"],
        "data_fingerprint": " ".join(s["fingerprint"][:12] for s in described["train"]),
        "model_version": described["model_version"],
    }
    where = experiment(client, f"neighbourly/{plan.site}", store)
    with mlflow.start_run(experiment_id=where, run_name=described["candidate"], tags=tags) as run:
        run_id = str(run.info.run_id)
        mlflow.log_params(lineage.parameters(plan, described))
        found = lineage.flat({"test": evaluation["metrics"]["test"]})
        mlflow.log_metrics({name: value for name, value in found if np.isfinite(value)})
        for path in sorted(folder.iterdir()):
            client.log_artifact(run_id, str(path), "neighbourly")
    return run_id
