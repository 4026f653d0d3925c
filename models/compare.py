"""Compares two models on the same test dates: paired differences with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Snapshot, SnapshotReference, TrainedModel, TrainingPlan
from models import registry, storage
from models.judging import gate, intervals, record
from models.judging.figures import Difference
from models.judging.test_dates import load_test
from models.learning import sample
from models.lineage import dates
from models.storage import Description

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


@dataclass(frozen=True)
class Paired:
    """Figures of two models on the same rows, and their paired differences (first less second)."""

    n: int
    events: int
    figures: list[dict[str, float]]
    differences: dict[str, Difference]


@dataclass(frozen=True)
class Comparison(Paired):
    """The comparison of two MLflow runs: which runs, on which dates, and whether either was trained on outcomes of
    these dates."""

    runs: list[str]
    models: list[str]
    test: list[SnapshotReference]
    unfair: list[bool]


def compare(first: str, second: str, store: Path) -> Comparison:
    """Paired differences (first minus second) of two MLflow runs on the test dates of the first, by bootstrap over
    people.

    Raises:
        ConfigurationError: if MLflow does not know a run, or the store no longer has the snapshots that both need.
    """
    folders = [registry.model_of_run(run, store) for run in (first, second)]
    described = [storage.describe(folder) for folder in folders]
    plan, other = (d.plan for d in described)
    if (plan.outcome, plan.horizon_days) != (other.outcome, other.horizon_days):
        raise ConfigurationError(
            f"The runs predict different things: {first} {plan.outcome} within {plan.horizon_days} days, {second} {other.outcome} within"
            f" {other.horizon_days}."
        )
    wanted = registry.tested_on(first, store)
    snapshots = snapshots_in(store, wanted)
    earliest = min(snapshot.as_of for snapshot in snapshots)
    return Comparison(
        **vars(paired(folders[0], folders[1], snapshots, plan)),
        runs=[first, second],
        models=[f"{run} ({_described(d)})" for run, d in zip((first, second), described, strict=True)],
        test=wanted,
        unfair=[gate.trained_after(d, earliest, plan.horizon_days) for d in described],
    )


def _described(d: Description) -> str:
    return f"{d.candidate.replace('_', ' ')}, version {d.model_version}, {len(d.features)} features, trained at {dates(d.train)}"


def by_fingerprint(store: Path) -> dict[str, Snapshot]:
    """All snapshots of the store, by fingerprint."""
    found = [sample.snapshot_at(file.parent) for file in sorted((store / "snapshots").glob("*/snapshot.json"))]
    return {snapshot.fingerprint: snapshot for snapshot in found}


def known_snapshots(model: TrainedModel, store: Path) -> list[Snapshot]:
    """The training and test snapshots of a model that are still in the store."""
    used = [*storage.describe(model.path).train, *record.read(model.evaluation_path).test]
    known = by_fingerprint(store)
    return [known[s.fingerprint] for s in used if s.fingerprint in known]


def snapshots_in(store: Path, wanted: Sequence[SnapshotReference]) -> list[Snapshot]:
    """Find snapshots of the store by their fingerprints."""
    known = by_fingerprint(store)
    lost = [s.as_of for s in wanted if s.fingerprint not in known]
    if lost:
        raise ConfigurationError(
            f"The store holds no snapshot of {', '.join(lost)} as the run knew it. Run `neighbourly features` again."
        )
    return [known[s.fingerprint] for s in wanted]


def paired(first: Path, second: Path, snapshots: Sequence[Snapshot], plan: TrainingPlan) -> Paired:
    """Figures of two model folders on the same rows, and their paired differences (first less second) with 95%
    intervals."""
    test = load_test(snapshots, plan)
    sides = [test.judged(test.risks(storage.load(folder))) for folder in (first, second)]
    points = [intervals.measures(side)(intervals.weights(side)[None, :]) for side in sides]
    found = intervals.difference(*sides, seed=plan.seed)
    figures = [{name: float(point[name][0]) for name in SHOWN} for point in points]
    return Paired(len(test.y), int(test.y.sum()), figures, {name: found[name] for name in SHOWN})


def in_words(found: Comparison) -> dict[str, Any]:
    """Write a comparison for a terminal: one line per figure, and whether its interval excludes 0."""
    first, second = found.figures
    lines = [
        f"{SHOWN[name]}: {first[name]:.4f} and {second[name]:.4f}, difference {d.difference:+.4f} [{d.low:+.4f}, {d.high:+.4f}],"
        f" {verdict(d)}"
        for name, d in found.differences.items()
    ]
    judged = f"{found.n:,} person-dates ({dates(found.test)}), {found.events:,} with the outcome, for both"
    lines_by_name = {
        "first": found.models[0],
        "second": found.models[1],
        "judged on": judged,
        "first and second": lines,
    }
    ahead = " and ".join(name for name, seen in zip(("first", "second"), found.unfair, strict=True) if seen)
    warning = f"the {ahead} was trained on outcomes of these dates, and looks better on them than it is"
    return {"no fair comparison": warning} | lines_by_name if ahead else lines_by_name


def verdict(difference: Difference) -> str:
    """State in words what the interval of a paired difference shows."""
    if difference.low > 0:
        return "the first is higher"
    return "the second is higher" if difference.high < 0 else "no clear difference"
