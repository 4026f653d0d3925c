"""Two models side by side on the same test dates: paired differences with their intervals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Snapshot, TrainedModel, TrainingPlan
from models import registry, storage
from models.judging import bootstrap, gate, intervals
from models.judging.test_dates import load_test
from models.learning import sample

SHOWN = {
    "auroc": "AUROC",
    "average_precision": "average precision",
    "brier": "Brier score (lower is better)",
    "calibration_slope": "calibration slope (1 is right)",
    "observed_expected": "observed/expected (1 is right)",
    "ppv_at:0.01": "PPV at the top 1%",
    "ppv_at:0.05": "PPV at the top 5%",
    "ppv_at:0.10": "PPV at the top 10%",
}


def compare(first: str, second: str, store: Path) -> dict[str, Any]:
    """Paired differences (first less second) of two MLflow runs on the test dates of the first, by bootstrap over people.

    `unfair` says of each whether it was trained on outcomes of those dates.

    Raises:
        ConfigurationError: when a run is not known, or the snapshots that both need are no longer in the store.

    """
    folders = [registry.model_of_run(run, store) for run in (first, second)]
    described = [storage.describe(folder) for folder in folders]
    plan = TrainingPlan(**described[0]["plan"])
    if described[1]["plan"]["outcome"] != plan.outcome or described[1]["plan"]["horizon_days"] != plan.horizon_days:
        raise ConfigurationError(
            f"The runs predict different things: {first} {plan.outcome}, {second} {described[1]['plan']['outcome']}."
        )
    wanted = registry.tested_on(first, store)
    snapshots = snapshots_in(store, wanted)
    models = [
        f"{run} ({d['candidate'].replace('_', ' ')}, version {d['model_version']}, {len(d['features'])} features, trained at"
        f" {', '.join(s['as_of'] for s in d['train'])})"
        for run, d in zip((first, second), described, strict=True)
    ]
    earliest = min(snapshot.as_of for snapshot in snapshots)
    return paired(folders[0], folders[1], snapshots, plan) | {
        "runs": [first, second],
        "models": models,
        "test": wanted,
        "unfair": [gate.taught_after(d, earliest, plan.horizon_days) for d in described],
    }


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
    """Figures of two model folders on the same rows, and their paired differences (first less second) with 95% intervals."""
    test = load_test(snapshots, plan)
    sides = [test.judged(test.risks(storage.load(folder))) for folder in (first, second)]
    points = [intervals.measures(side)(intervals.weights(side)[None, :]) for side in sides]
    found = intervals.difference(*sides, replicates=bootstrap.replicates_for(len(test.y)), seed=plan.seed)
    return {
        "n": len(test.y),
        "events": int(test.y.sum()),
        "figures": [{name: float(point[name][0]) for name in SHOWN} for point in points],
        "differences": {name: found[name] for name in SHOWN},
    }


def in_words(found: dict[str, Any]) -> dict[str, Any]:
    """A comparison for a terminal: a line a figure, and whether the interval leaves out nothing."""
    lines = [
        f"{SHOWN[name]}: {first[name]:.4f} and {second[name]:.4f}, difference {d['difference']:+.4f} [{d['low']:+.4f}, {d['high']:+.4f}],"
        f" {verdict(d)}"
        for (first, second) in [found["figures"]]
        for name, d in found["differences"].items()
    ]
    dates = ", ".join(s["as_of"] for s in found["test"])
    judged = f"{found['n']:,} person-dates ({dates}), {found['events']:,} with the outcome, for both"
    said = {"first": found["models"][0], "second": found["models"][1], "judged on": judged, "first and second": lines}
    ahead = " and ".join(name for name, seen in zip(("first", "second"), found["unfair"], strict=True) if seen)
    warning = f"the {ahead} was trained on outcomes of these dates, and looks better on them than it is"
    return {"no fair comparison": warning} | said if ahead else said


def verdict(difference: dict[str, float]) -> str:
    """What the interval of a paired difference says."""
    if difference["low"] > 0:
        return "the first is higher"
    return "the second is higher" if difference["high"] < 0 else "no clear difference"
