"""Trains a model on snapshots, tests it on other dates, and registers it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from data_schemas.errors import DataRefused
from data_schemas.memory import give_back
from data_schemas.receipts import Notice, Snapshot, TrainedModel, TrainingPlan
from data_schemas.small_numbers import rounded
from models import lineage, recheck, registry, storage
from models.judging import drift, gate, record
from models.judging.evaluation import Circumstances, Training, evaluation_of
from models.judging.new_people import disjoint_risks
from models.judging.record import Evaluation
from models.judging.rivals import rival_risks
from models.judging.test_dates import TestData, load_test
from models.learning import first_look, known_outcomes
from models.learning.candidates import candidates, lightgbm_loads
from models.learning.enough import too_few
from models.learning.fit import Fit, fit
from models.learning.sample import Sample
from models.learning.tuning import tune
from models.metrics import Array
from models.recheck import Seen
from models.storage import Bins, Description, Reference


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
    meanwhile: Callable[[], object] | None = None,
) -> TrainedModel:
    """Choose, fit, calibrate, test and register a model. Returns the one that scores.

    A model already made from the same data, plan and code is reused (unless `trials` ask for more). Only its check at
    `current` is new. If alarms held it back, it passes the gate once they are gone or accepted. `accept` gives the
    reason for each accepted alarm, `truth` a file of true risks, `current` the snapshot to be scored, `tables` the
    configured ones, `capacities` the people each cluster can take on, `trials` the settings of boosted trees to try.
    `meanwhile` is work of the caller for a processor with nothing to do, once the model is fitted; if it fails, the
    caller has to do it again. Raises DataRefused for too few events to train on, or none to test with.
    """
    key = lineage.training_key(plan, train_snapshots, test_snapshots)
    if not trials and (known := registry.known(plan, key, store)):
        return recheck.stand(
            known, Seen([*train_snapshots, *test_snapshots], current, tables), plan, test_snapshots, accept or {}, store
        )
    learning, test = first_look.load(train_snapshots, plan), load_test(test_snapshots, plan)
    if problems := too_few(learning.person_dates, learning.events, int(test.y.sum()), plan):
        raise DataRefused(problems)
    (folder, training, found), rivals = learn_with_rivals(plan, train_snapshots, learning, test, store, key, trials)
    people, unseen = drawn_from(train_snapshots, plan), disjoint_risks(test, found)
    del learning
    give_back()
    given = Circumstances(train_snapshots, people, rivals, current, tables, capacities or {}, truth, unseen)
    with ThreadPoolExecutor(1) as second:
        if meanwhile is not None:
            second.submit(meanwhile)
        return _judged(plan, folder, key, test, given, training, accept or {}, store)


def _judged(
    plan: TrainingPlan,
    folder: Path,
    key: str,
    test: TestData,
    given: Circumstances,
    training: Training,
    accept: Mapping[str, str],
    store: Path,
) -> TrainedModel:
    """Evaluate and register a fitted model. Returns it or, if it is held back, the champion judged on the same data."""
    write_evaluation(folder, key, evaluation_of(folder, test, given, training))
    new, incumbent = registry.register(plan, folder, key, test, accept, store)
    if new.alias == registry.CHAMPION or incumbent is None or gate.why_not_comparable(incumbent, test):
        return new
    judged = evaluation_of(Path(incumbent.path), test, replace(given, disjoint=None), _held_back(training, new))
    return replace(incumbent, evaluation_path=str(write_evaluation(Path(incumbent.path), key, judged)))


def drawn_from(snapshots: Sequence[Snapshot], plan: TrainingPlan) -> NDArray[np.int32]:
    """Everyone whom training could have used, including people left out of a sample.

    A sample keeps everyone with the outcome. People left out of it are known people without the outcome, and must not
    count as new.
    """
    return np.unique(
        np.concatenate([known_outcomes.learning_outcomes(snapshot, plan).person for snapshot in snapshots])
    )


def learn_with_rivals(
    plan: TrainingPlan,
    snapshots: Sequence[Snapshot],
    learning: Sample,
    test: TestData,
    store: Path,
    key: str,
    trials: int,
) -> tuple[tuple[Path, Training, Fit], dict[str, Array]]:
    """Learn the model. Work out the rivals' test risks and the model's reference whenever one processor has nothing to
    do.

    A limit of threads is one for the process: when one of the two leaves it, the other would calculate with more
    threads, add up in another order, and make another model of the same data.
    """
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(1) as pool:
        rivals = pool.submit(rival_risks, learning, test)
        features = pool.submit(drift.references, learning, plan.seed)
        return learn(plan, snapshots, learning, store, key, trials, features.result), rivals.result()


def learn(
    plan: TrainingPlan,
    snapshots: Sequence[Snapshot],
    learning: Sample,
    store: Path,
    key: str,
    trials: int,
    features: Callable[[], dict[str, Bins]],
) -> tuple[Path, Training, Fit]:
    """Choose a candidate and fit it. Returns the model's folder, the evaluation's record of the choice, and the fit.

    `features` gives the reference bins of the training data.
    """
    tuned = tune(learning, trials, plan.seed, store, key) if trials and lightgbm_loads() else None
    fitted = fit(learning, plan.seed, [*candidates(len(learning)), tuned.candidate] if tuned else None)
    folder, _ = storage.save(fitted.model, describe(plan, snapshots, learning, fitted, features()), store)
    return folder, Training(fitted.selection, fitted.calibration, tuned.trials if tuned else [], fitted.notices), fitted


def _held_back(training: Training, new: TrainedModel) -> Training:
    """Notices for the champion's evaluation about a new model that was held back on the test dates."""
    notice = Notice("held_back", f"Version {new.registered_version} was held back; the champion continues to score.")
    return replace(training, notices=[*training.notices, notice])


def write_evaluation(folder: Path, key: str, evaluation: Evaluation) -> Path:
    """Write the evaluation to the model's folder, under the key of its training."""
    return record.write(folder / registry.evaluation_name(key), evaluation)


def describe(
    plan: TrainingPlan, snapshots: Sequence[Snapshot], learning: Sample, fitted: Fit, features: dict[str, Bins]
) -> Description:
    """Make the content of `model.json`: the model and its training data, without rows of data."""
    risk = drift.risk_reference(fitted.held_out_risks, fitted.held_out_weight)
    return Description(
        candidate=fitted.candidate,
        calibration=fitted.calibration.method,
        plan=plan,
        features=learning.features,
        feature_set=snapshots[0].feature_set,
        train=lineage.references(snapshots),
        rows=rounded(learning.person_dates),
        people=rounded(len(np.unique(learning.person))),
        events=rounded(learning.events),
        stands_for=rounded(learning.person_dates if learning.weight is None else round(float(learning.weight.sum()))),
        reference=Reference(features, risk),
        code=lineage.learning_code(),
        looked_at=learning.declared,
    )
