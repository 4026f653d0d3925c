"""Learning a model from snapshots, judging it on dates it has not seen, and registering it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_schemas import disk
from data_schemas.errors import DataRefused
from data_schemas.receipts import Notice, Snapshot, TrainedModel, TrainingPlan
from models import lineage, recheck, registry, storage
from models.judging import drift, gate
from models.judging.evaluation import Circumstances, evaluation_of, rival_risks
from models.judging.test_dates import load_test
from models.learning import sample
from models.learning.candidates import candidates, lightgbm_loads
from models.learning.enough import too_few
from models.learning.fit import Fit, fit
from models.learning.sample import Sample
from models.learning.tuning import tune
from models.recheck import Seen


def train(
    plan: TrainingPlan,
    train_snapshots: Sequence[Snapshot],
    test_snapshots: Sequence[Snapshot],
    store: Path,
    *,
    accept: Mapping[str, str] | None = None,
    truth: Path | None = None,
    current: Snapshot | None = None,
    tables: Collection[str] = (),
    capacities: Mapping[str, int] | None = None,
    trials: int = 0,
) -> TrainedModel:
    """Choose, fit, calibrate, judge and register a model; gives the one that scores.

    A model already made from the same data, plan and code is taken as it is (unless `trials` ask for more): only its look at `current`
    is new, and one that alarms had held back passes the gate once they are gone or accepted. `accept` gives the reason for each alarm
    that somebody has accepted, `truth` a file of true risks, `current` the snapshot to be scored, `tables` those that the site has
    configured, `capacities` the people each cluster can take on, `trials` the number of settings of boosted trees to try. Raises
    DataRefused for too few events to learn from, or none to judge by.
    """
    key = lineage.training_key(plan, train_snapshots, test_snapshots)
    known = {} if trials else registry.known(plan, key, store)
    if known:
        return recheck.stand(
            known, Seen([*train_snapshots, *test_snapshots], current, tables), plan, test_snapshots, accept or {}, store
        )
    learning = sample.load(train_snapshots, sample.varying(train_snapshots), plan)
    test = load_test(test_snapshots, plan)
    if problems := too_few(len(learning), learning.events, int(test.y.sum()), plan):
        raise DataRefused(problems)
    folder, told = learn(plan, train_snapshots, learning, store, key, trials)
    people, rivals = drawn_from(train_snapshots, plan), rival_risks(learning, test)
    del learning
    given = Circumstances(train_snapshots, people, rivals, current, tables, capacities or {}, truth)
    write_evaluation(folder, key, told | evaluation_of(folder, test, given))
    new, incumbent = registry.register(plan, folder, key, test, accept or {}, store)
    if new.alias == registry.CHAMPION or incumbent is None or gate.why_not_comparable(incumbent, test):
        return new
    return _champion_stays(incumbent, new, key, told, evaluation_of(Path(incumbent.path), test, given))


def drawn_from(snapshots: Sequence[Snapshot], plan: TrainingPlan) -> NDArray[np.int32]:
    """Everyone whom training could learn from, those left out of a draw too.

    A draw keeps everyone with the outcome: those left out of it are known people without it, and must not pass for new ones.
    """
    return np.unique(np.concatenate([sample.known_outcomes(snapshot, plan).person for snapshot in snapshots]))


def learn(
    plan: TrainingPlan, snapshots: Sequence[Snapshot], learning: Sample, store: Path, key: str, trials: int
) -> tuple[Path, dict[str, Any]]:
    """Choose and fit; gives the model's folder and what the evaluation tells of the choice."""
    tuned = tune(learning, trials, plan.seed, store, key) if trials and lightgbm_loads() else None
    found = fit(learning, plan.seed, [*candidates(len(learning)), tuned.candidate] if tuned else None)
    folder, _ = storage.save(found.model, describe(plan, snapshots, learning, found), store)
    return folder, {
        "selection": found.selection,
        "calibration": found.calibration,
        "tuning": tuned.trials if tuned else [],
        "notices": [vars(notice) for notice in found.notices],
    }


def _champion_stays(
    incumbent: TrainedModel, new: TrainedModel, key: str, told: Mapping[str, Any], judged: Mapping[str, Any]
) -> TrainedModel:
    """The champion, judged on the test dates of a new model that was held back."""
    notice = Notice("held_back", f"Version {new.registered_version} was held back; the champion goes on scoring.")
    notices = [*told["notices"], vars(notice)]
    path = write_evaluation(Path(incumbent.path), key, {**told, "notices": notices, **judged})
    return replace(incumbent, evaluation_path=str(path))


def write_evaluation(folder: Path, key: str, evaluation: Mapping[str, Any]) -> Path:
    """The evaluation beside the model, under the key of the training that it belongs to."""
    return disk.write(folder / registry.evaluation_name(key), storage.as_json(evaluation))


def describe(plan: TrainingPlan, snapshots: Sequence[Snapshot], learning: Sample, found: Fit) -> dict[str, Any]:
    """What goes to `model.json`: what was learnt from what, without a row."""
    risk = drift.risk_reference(found.held_out_risks, found.held_out_weight)
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
        "stands_for": len(learning) if learning.weight is None else round(float(learning.weight.sum())),
        "reference": {"features": drift.references(learning, plan.seed), "risk": risk},
        "code": lineage.learning_code(),
    }
