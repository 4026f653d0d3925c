"""Makes the whole evaluation of one model: figures, rivals, groups, curves, change since training, and alarms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from data_schemas.receipts import Feature, Notice, Snapshot
from models import bootstrap, lineage, metrics, storage
from models.judging import access, alarms, bed_days, curves, drift, fairness, rivals
from models.judging.capacity import at_capacity, died_at
from models.judging.drawn import Curves, Dependence, Importance
from models.judging.figures import GroupResult
from models.judging.gaps import gaps
from models.judging.importance import importance, partial_dependence
from models.judging.influence import by_influence
from models.judging.new_people import person_disjoint, who_is_new
from models.judging.over_time import by_month
from models.judging.record import BedDayFigures, Drift, Evaluation, Leavers, Look, ModelMetrics
from models.judging.test_dates import TestData, judge, oracle
from models.learning.calibrate import Calibration
from models.learning.selection import Trial
from models.learning.tuning import TuningTrial
from models.metrics import Array
from models.storage import Description

MOST_IMPORTANT = 40
DEPENDENCES = 6
"""Number of features whose partial dependence is shown: the strongest feature of each of the strongest meanings."""


@dataclass(frozen=True)
class Circumstances:
    """What an evaluation needs apart from the model and the test data."""

    train: Sequence[Snapshot]
    people: NDArray[np.int32]
    """Everybody in the data that the training rows came from."""
    rivals: Mapping[str, Array]
    """Test risks of the simple rivals."""
    current: Snapshot | None = None
    """The snapshot to be scored."""
    tables: Collection[str] = ()
    """Tables that the site has configured."""
    capacities: Mapping[str, int] = field(default_factory=dict)
    """How many people each cluster can take on."""
    truth: Path | None = None
    disjoint: Array | None = None
    """Test risks from models that were not trained on the person at any date. None if the model was not trained in this
    run."""


@dataclass(frozen=True)
class Training:
    """How the model was chosen, calibrated and tuned, and notices for readers."""

    selection: list[Trial]
    calibration: Calibration
    tuning: list[TuningTrial]
    notices: list[Notice]


@threadpool_limits.wrap(1, "blas")  # type: ignore[untyped-decorator] # its parts run side by side already
def evaluation_of(folder: Path, test: TestData, given: Circumstances, training: Training) -> Evaluation:
    """Evaluate the model in `folder` on the test dates."""
    model, described = storage.load(folder), storage.describe(folder)
    p, groups = test.risks(model), fairness.groupings(test)
    with ThreadPoolExecutor(bootstrap.THREADS) as pool:  # these steps do not depend on each other
        each, drawn = pool.submit(fairness.subgroups, test, p, groups), pool.submit(all_curves, test, p, given.rivals)
        drives = pool.submit(what_drives, folder, newest(test, given), test.plan.seed)
        change = pool.submit(change_since_training, described, test, p, given)
        compared, apart = pool.submit(rivals.compared, test, p, given.rivals), pool.submit(gaps, test, p, groups)
        alone, reached = pool.submit(each_alone, test, described.features), pool.submit(access.audit, test, p, groups)
        curve, days = bed_days.judged(test, p)
        measured = model_metrics(test, p, given, days)
    parts, changed, against, access_of = each.result(), change.result(), compared.result(), reached.result()
    raised = raise_alarms(measured, parts, changed, alone.result(), test, given)
    seen = look([*given.train, *test.snapshots], given.current, given.tables)
    touched = by_influence(model, test.snapshots, test.plan)
    return Evaluation(
        selection=training.selection,
        calibration=training.calibration,
        tuning=training.tuning,
        notices=[*training.notices, *access.notices(access_of)],
        model_version=described.model_version,
        test=lineage.references(test.snapshots),
        metrics=measured,
        baselines=against.metrics,
        differences=against.differences,
        subgroups=parts,
        gaps=apart.result(),
        access=access_of,
        curves=drawn.result(),
        capacity=at_capacity(test, p, given.rivals, given.capacities),
        drift=changed,
        months=by_month(test, p),
        bed_days=curve,
        importance=drives.result()[0],
        dependence=drives.result()[1],
        look=seen,
        alarms=raised + seen.alarms + alarms.feedback(touched),
        influence=touched,
    )


def what_drives(folder: Path, snapshot: Snapshot, seed: int) -> tuple[list[Importance], list[Dependence]]:
    """Find the strongest meanings, and how risk depends on the strongest feature of the very strongest ones."""
    strongest = importance(folder, snapshot, seed)[:MOST_IMPORTANT]
    asked = [row.features[0].feature for row in strongest[:DEPENDENCES]]
    return strongest, partial_dependence(folder, snapshot, asked, seed)


def model_metrics(test: TestData, p: Array, given: Circumstances, days: BedDayFigures) -> ModelMetrics:
    """The figures of the model itself."""
    judged, new_people, excluded, weighted = judge(test, p, given.people)
    apart, same_ages = person_disjoint(test, given.people, given.disjoint)
    everybody = replace(judged, died_at=died_at(test, p))
    excluded, weighted = (everybody if part is judged else part for part in (excluded, weighted))
    return ModelMetrics(
        test=everybody,
        new_people=new_people,
        who_is_new=who_is_new(test, given.people),
        person_disjoint=apart,
        person_disjoint_same_ages=same_ages,
        leavers_excluded=excluded,
        leavers_weighted=weighted,
        leavers=Leavers(test.left, test.left / max(test.left + len(test.y), 1)),
        bed_days=days,
        rising_risk=fairness.rising_risk(test, p),
        oracle=None if given.truth is None else oracle(test, p, given.truth),
    )


def look(judged: Sequence[Snapshot], current: Snapshot | None, tables: Collection[str]) -> Look:
    """Record which snapshot is to be scored, and the alarms that it raises: tables that have stopped arriving.

    These are kept apart from the alarms of training and test dates, because the next snapshot may clear them.
    """
    if current is None:
        return Look("", "", [])
    before = alarms.empty_join(judged, tables)
    new = [alarm for alarm in alarms.empty_join([*judged, current], tables) if alarm not in before]
    return Look(str(current.as_of), current.fingerprint, new)


def all_curves(test: TestData, p: Array, rival_risks: Mapping[str, Array]) -> Curves:
    """The curves that are drawn."""
    judged, seed = test.judged(p), test.plan.seed
    down = {
        name: metrics.one_curve(judged.y, risk, judged.weight) for name, risk in {"model": p, **rival_risks}.items()
    }
    return Curves(
        calibration=curves.calibration_table(judged),
        histogram=curves.histogram(judged),
        roc={name: curves.roc(curve) for name, curve in down.items()},
        precision_recall={name: curves.precision_recall(curve) for name, curve in down.items()},
        lift={name: curves.lift(curve) for name, curve in down.items()},
        decision=curves.decision_curve(judged, rival_risks, seed=seed),
    )


def newest(test: TestData, given: Circumstances) -> Snapshot:
    """The snapshot to be scored, or the newest test date."""
    return given.current or max(test.snapshots, key=lambda s: s.as_of)


def change_since_training(described: Description, test: TestData, p: Array, given: Circumstances) -> Drift:
    """Stability of the risks on the test dates, and of every feature at the newest date."""
    known = described.reference
    return drift.since_training(known.features, newest(test, given), drift.risk_index(known.risk, p))


def each_alone(test: TestData, features: Sequence[Feature]) -> dict[str, float]:
    """AUROC of each feature by itself."""
    rows = alarms.screened_rows(test.y, test.plan.seed)
    return alarms.single_features(test.columns_at([f.name for f in features], rows), test.y[rows], features)


def raise_alarms(
    measured: ModelMetrics,
    groups: Sequence[GroupResult],
    changed: Drift,
    alone: Mapping[str, float],
    test: TestData,
    given: Circumstances,
) -> list[Notice]:
    """Raise every alarm that training and test dates give against the model."""
    figures = measured.test
    return [
        *alarms.leakage(figures, alone),
        *alarms.overlap(given.train, test.snapshots, test.plan.horizon_days),
        *alarms.calibration(figures),
        *alarms.leavers(measured),
        *alarms.drift(figures, changed.risk),
        *alarms.empty_join([*given.train, *test.snapshots], given.tables),
        *alarms.subgroup(figures, groups),
    ]
