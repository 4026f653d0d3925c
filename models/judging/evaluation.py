"""The whole evaluation of one model: figures, rivals, groups, curves, change since training, alarms."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_schemas.receipts import Feature, Notice, Snapshot
from models import lineage, storage
from models.judging import alarms, bed_days, bootstrap, curves, drift, fairness, intervals, metrics
from models.judging.importance import importance, partial_dependence
from models.judging.metrics import Array
from models.judging.over_time import by_month
from models.judging.test_dates import TestData, judge
from models.learning.candidates import AGE_SEX, PRIOR_ADMISSIONS
from models.learning.estimators import out_of_fold
from models.learning.fit import build
from models.learning.sample import Sample
from models.learning.splits import person_folds

MOST_IMPORTANT = 40
DEPENDENCES = 6
"""Features whose partial dependence is shown: the strongest of each of the strongest meanings."""


@dataclass(frozen=True)
class Circumstances:
    """What an evaluation needs besides the model and the test data."""

    train: Sequence[Snapshot]
    people: NDArray[np.int32]
    """Those who were trained on, or could have been."""
    rivals: Mapping[str, Array]
    """Test risks of the simple rivals."""
    current: Snapshot | None = None
    """The snapshot that is to be scored."""
    tables: Collection[str] = ()
    """Tables that the site has configured."""
    capacities: Mapping[str, int] = field(default_factory=dict)
    """People each cluster can take on."""
    truth: Path | None = None


def rival_risks(learning: Sample, test: TestData) -> dict[str, Array]:
    """Test risks of the simple rivals, fitted to the same training rows."""
    seed = test.plan.seed
    found = {}
    for candidate in (AGE_SEX, PRIOR_ADMISSIONS):
        part = learning.only(candidate.uses)
        if part.features:
            fold = person_folds(part.person, part.y, 5, seed)
            margin = out_of_fold(candidate.build(part.features, seed), part.X, part.y, fold, part.weight)
            found[candidate.name] = test.risks(build(candidate, part, margin, "sigmoid", seed))
        else:
            found[candidate.name] = np.full(len(test.y), np.average(learning.y, weights=learning.weight))
    return found


def evaluation_of(folder: Path, test: TestData, given: Circumstances) -> dict[str, Any]:
    """Everything that is said of the model of `folder` on the test dates."""
    model, described = storage.load(folder), storage.describe(folder)
    p, seed = test.risks(model), test.plan.seed
    found = {"model_version": described["model_version"], "test": lineage.fingerprints(test.snapshots)}
    found["metrics"] = judge(test, p, given.people, given.truth) | {"rising_risk": fairness.rising_risk(test, p)}
    found |= against_rivals(test, p, given.rivals)
    found["subgroups"] = fairness.subgroups(test, p)
    found["gaps"] = fairness.gaps(test, p)
    found["curves"] = all_curves(test, p, given.rivals)
    found["metrics"]["test"] |= curves.calibration_distances(test.judged(p), seed=seed)
    found["capacity"] = at_capacity(test, p, given.capacities)
    found["drift"] = change_since_training(described, test, p, given)
    found["months"] = by_month(test, p)
    days = bed_days.judged(test, p)
    found["bed_days"], found["metrics"]["bed_days"] = days["curve"], days["figures"]
    found["importance"] = importance(folder, newest(test, given), seed)[:MOST_IMPORTANT]
    strongest = [row["features"][0]["feature"] for row in found["importance"][:DEPENDENCES]]
    found["dependence"] = partial_dependence(folder, newest(test, given), strongest, seed)
    found["look"] = look([*given.train, *test.snapshots], given.current, given.tables)
    found["alarms"] = [vars(alarm) for alarm in raise_alarms(found, described, test, given)] + found["look"]["alarms"]
    return found


def look(judged: Sequence[Snapshot], current: Snapshot | None, tables: Collection[str]) -> dict[str, Any]:
    """Which snapshot was to be scored, and the alarms that are there on its account: tables that have stopped arriving.

    Kept apart from the alarms of training and test, because the next snapshot may lay them to rest.
    """
    if current is None:
        return {"as_of": "", "fingerprint": "", "alarms": []}
    before = alarms.empty_join(judged, tables)
    new = [vars(alarm) for alarm in alarms.empty_join([*judged, current], tables) if alarm not in before]
    return {"as_of": str(current.as_of), "fingerprint": current.fingerprint, "alarms": new}


def against_rivals(test: TestData, p: Array, rivals: Mapping[str, Array]) -> dict[str, Any]:
    """`baselines` with the same figures, and `differences` of the model from them, paired by person."""
    times, seed = bootstrap.replicates_for(len(test.y)), test.plan.seed
    return {
        "baselines": {name: intervals.headline(test.judged(r), replicates=times, seed=seed) for name, r in rivals.items()},
        "differences": {
            name: intervals.difference(test.judged(p), test.judged(r), replicates=100, seed=seed) for name, r in rivals.items()
        },
    }  # fmt: skip


def all_curves(test: TestData, p: Array, rivals: Mapping[str, Array]) -> dict[str, Any]:
    """The curves that are drawn, as short tables."""
    judged, seed = test.judged(p), test.plan.seed
    by_name = {"model": judged} | {name: judged.at(risk) for name, risk in rivals.items()}
    return {
        "calibration": curves.calibration_table(judged),
        "histogram": curves.histogram(judged),
        "roc": {name: curves.roc(part) for name, part in by_name.items()},
        "precision_recall": {name: curves.precision_recall(part) for name, part in by_name.items()},
        "lift": {name: curves.lift(part) for name, part in by_name.items()},
        "decision": curves.decision_curve(judged, rivals, seed=seed),
    }


def at_capacity(test: TestData, p: Array, capacities: Mapping[str, int]) -> list[dict[str, Any]]:
    """What each cluster's list would have found, had it held as many people as the cluster can take on."""
    if not capacities:
        return []
    cluster = test.cohort()["cluster_code"].to_numpy()
    rows = []
    for code in sorted(capacities):
        at = np.flatnonzero(cluster == code)
        if len(at) >= fairness.MINIMUM_PEOPLE:
            k = min(capacities[code] * len(test.snapshots), len(at))
            rows.append({"cluster": code, "people": len(at)} | metrics.top_of_list(test.y[at], p[at], k))
    return rows


def newest(test: TestData, given: Circumstances) -> Snapshot:
    """The snapshot to be scored, or the newest test date."""
    return given.current or max(test.snapshots, key=lambda s: s.as_of)


def change_since_training(
    described: Mapping[str, Any], test: TestData, p: Array, given: Circumstances
) -> dict[str, Any]:
    """Stability of the risks on the test dates and of every feature at the newest date looked at."""
    known = described["reference"]
    return {"risk": drift.risk_index(known["risk"], p)} | drift.since_training(known["features"], newest(test, given))


def raise_alarms(
    found: Mapping[str, Any], described: Mapping[str, Any], test: TestData, given: Circumstances
) -> list[Notice]:
    """Everything that training and test dates say against the model."""
    figures = found["metrics"]["test"]
    features = [Feature(**feature) for feature in described["features"]]
    rows = alarms.screened_rows(test.y, test.plan.seed)
    single = alarms.single_features(test.columns_at([f.name for f in features], rows), test.y[rows], features)
    return [
        *alarms.leakage(figures, single),
        *alarms.overlap(given.train, test.snapshots, test.plan.horizon_days),
        *alarms.calibration(figures),
        *alarms.drift(figures, found["drift"]["risk"]),
        *alarms.empty_join([*given.train, *test.snapshots], given.tables),
        *alarms.subgroup(figures, found["subgroups"]),
    ]
