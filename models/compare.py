"""Two models side by side on the same test dates: paired differences with their intervals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Snapshot, TrainedModel, TrainingPlan
from models import bootstrap, evaluate, registry, sample, storage
from models.judge import load_test

SHOWN = (
    "auroc",
    "average_precision",
    "brier",
    "calibration_slope",
    "observed_expected",
    "ppv_at:0.01",
    "ppv_at:0.05",
    "ppv_at:0.10",
)


def compare(first: str, second: str, store: Path) -> dict[str, Any]:
    """Paired differences (first less second) of two MLflow runs on the test dates of the first, by bootstrap over people.

    Raises:
        ConfigurationError: when a run is not known, or the snapshots that both need are no longer in the store.

    """
    folders = [registry.model_of_run(run, store) for run in (first, second)]
    described = [storage.describe(folder) for folder in folders]
    plan = TrainingPlan(**described[0]["plan"])
    if described[1]["plan"]["outcome"] != plan.outcome or described[1]["plan"]["horizon_days"] != plan.horizon_days:
        raise ConfigurationError(
            f"The runs foresee different things: {first} {plan.outcome}, {second} {described[1]['plan']['outcome']}."
        )
    wanted = registry.tested_on(first, store)
    snapshots = snapshots_in(store, wanted)
    return paired(folders[0], folders[1], snapshots, plan) | {"runs": [first, second], "test": wanted}


def by_fingerprint(store: Path) -> dict[str, Snapshot]:
    """Every snapshot of the store."""
    found = [sample.snapshot_at(file.parent) for file in sorted((store / "snapshots").glob("*/snapshot.json"))]
    return {snapshot.fingerprint: snapshot for snapshot in found}


def known_snapshots(model: TrainedModel, store: Path) -> list[Snapshot]:
    """Those of a model's training and test snapshots that the store still holds."""
    tested = json.loads(Path(model.evaluation_path).read_bytes())["test"]
    known = by_fingerprint(store)
    return [
        known[s["fingerprint"]] for s in [*storage.describe(model.path)["train"], *tested] if s["fingerprint"] in known
    ]


def snapshots_in(store: Path, wanted: Sequence[dict[str, Any]]) -> list[Snapshot]:
    """Snapshots of the store by fingerprint."""
    known = by_fingerprint(store)
    lost = [s["as_of"] for s in wanted if s["fingerprint"] not in known]
    if lost:
        raise ConfigurationError(
            f"The store holds no snapshot of {', '.join(lost)} as the run knew it. Run `neighbourly features` again."
        )
    return [known[s["fingerprint"]] for s in wanted]


def paired(first: Path, second: Path, snapshots: Sequence[Snapshot], plan: TrainingPlan) -> dict[str, Any]:
    """Differences of two model folders on the same rows."""
    test = load_test(snapshots, plan)
    sides = [test.judged(test.risks(storage.load(folder))) for folder in (first, second)]
    found = evaluate.difference(*sides, replicates=bootstrap.replicates_for(len(test.y)), seed=plan.seed)
    return {"n": len(test.y), "events": int(test.y.sum()), "differences": {name: found[name] for name in SHOWN}}
