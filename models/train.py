"""Learning a model from snapshots, judging it on dates it has not seen, and registering it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_schemas.errors import DataRefused
from data_schemas.receipts import Notice, Snapshot, TrainedModel, TrainingPlan
from models import alarms, gate, lineage, registry, sample, storage
from models.candidates import AGE_SEX, PRIOR_ADMISSIONS
from models.estimators import RiskModel, out_of_fold
from models.fit import Fit, build, fit
from models.judge import TestData, judge, load_test
from models.metrics import Array
from models.sample import Sample
from models.splits import person_folds


def train(
    plan: TrainingPlan,
    train_snapshots: Sequence[Snapshot],
    test_snapshots: Sequence[Snapshot],
    store: Path,
    *,
    accept: Mapping[str, str] | None = None,
    truth: Path | None = None,
) -> TrainedModel:
    """Choose, fit, calibrate, judge and register a model.

    `accept` names alarms that somebody has accepted, each with the reason; `truth` is a file of true risks.

    Raises:
        DataRefused: for too few events to learn from, or none to judge by.

    """
    features = sample.varying(train_snapshots)
    learning = sample.load(train_snapshots, features, plan)
    test = load_test(test_snapshots, plan)
    refuse_too_few(learning, test, plan)
    found = fit(learning, plan.seed)
    folder, version = storage.save(found.model, describe(plan, train_snapshots, learning, found), store)
    key = lineage.training_key(plan, train_snapshots, test_snapshots)
    rivals = rival_risks(learning, test)
    told: dict[str, Any] = {
        "selection": found.selection,
        "calibration": found.calibration,
        "notices": [vars(notice) for notice in found.notices],
    }
    people = np.unique(learning.person)
    write_evaluation(folder, key, told | evaluation_of(found.model, version, people, test, rivals, truth))
    new, incumbent = registry.register(plan, folder, key, test, accept or {}, store)
    if new.alias == registry.CHAMPION or incumbent is None or gate.why_not_comparable(incumbent, test):
        return new
    told["notices"].append(
        vars(Notice("held_back", f"Version {new.registered_version} was held back; the champion goes on scoring."))
    )
    path = Path(incumbent.path)
    scored = evaluation_of(storage.load(path), incumbent.model_version, people, test, rivals, truth)
    return replace(incumbent, evaluation_path=str(write_evaluation(path, key, told | scored)))


def write_evaluation(folder: Path, key: str, evaluation: Mapping[str, Any]) -> Path:
    """The evaluation beside the model, under the key of the training that it belongs to."""
    return storage.write_atomically(folder / registry.evaluation_name(key), storage.as_json(evaluation))


def refuse_too_few(learning: Sample, test: TestData, plan: TrainingPlan) -> None:
    """Stop before a model is made of noise."""
    problems = []
    if learning.events < plan.minimum_events:
        problems.append(
            f"Only {learning.events} person-dates with the outcome {plan.outcome!r} in the training windows; at least"
            f" {plan.minimum_events} are needed (run.minimum_events). Give more as-of dates, more people or a longer run.horizon_days."
        )
    if learning.events == len(learning) and len(learning):
        problems.append(
            f"Everyone in the training windows has the outcome {plan.outcome!r}: there is nothing to tell apart."
        )
    if not test.y.any():
        problems.append(
            f"Nobody has the outcome {plan.outcome!r} in the test windows: a model could not be judged. Choose other run.test_as_of."
        )
    if problems:
        raise DataRefused(problems)


def describe(plan: TrainingPlan, snapshots: Sequence[Snapshot], learning: Sample, found: Fit) -> dict[str, Any]:
    """What goes to `model.json`: what was learnt from what, without a row."""
    return {
        "candidate": found.candidate,
        "calibration": found.calibration["method"],
        "plan": vars(plan),
        "features": [vars(feature) for feature in learning.features],
        "feature_set": snapshots[0].feature_set,
        "train": lineage.fingerprints(snapshots),
        "rows": len(learning),
        "people": len(np.unique(learning.person)),
        "events": learning.events,
        "code": lineage.learning_code(),
    }


def evaluation_of(
    model: RiskModel,
    version: str,
    people: NDArray[np.int32],
    test: TestData,
    rivals: Mapping[str, Array],
    truth: Path | None,
) -> dict[str, Any]:
    """How a model does on the test dates, against the rivals; `people` are those it was trained on."""
    judged = judge(test, test.risks(model), rivals, people, truth)
    raised = raise_alarms(judged["metrics"]["test"])
    return {
        **judged,
        "model_version": version,
        "test": lineage.fingerprints(test.snapshots),
        "alarms": [vars(alarm) for alarm in raised],
    }


def rival_risks(learning: Sample, test: TestData) -> dict[str, Array]:
    """Test risks of the simple rivals, fitted to the same training rows."""
    found = {}
    for candidate in (AGE_SEX, PRIOR_ADMISSIONS):
        part = learning.only(candidate.uses)
        if part.features:
            fold = person_folds(part.person, part.y, 5, test.plan.seed)
            margin = out_of_fold(candidate.build(part.features, test.plan.seed), part.X, part.y, fold, part.weight)
            found[candidate.name] = test.risks(build(candidate, part, margin, "sigmoid", test.plan.seed))
        else:
            found[candidate.name] = np.full(len(test.y), learning.y.mean())
    return found


def raise_alarms(figures: Mapping[str, Any]) -> list[Notice]:
    """Everything that holds the model back."""
    return alarms.calibration(figures) + alarms.leakage(figures, {}, [])
