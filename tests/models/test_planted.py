"""Whole trainings raise alarms for planted faults, and correct sites that look suspicious raise none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import borough
import numpy as np
import pytest

from data_schemas.receipts import Feature, TrainingPlan
from models import storage
from models.judging.drift import references
from models.judging.evaluation import Circumstances, Training, evaluation_of
from models.judging.rivals import rival_risks
from models.judging.test_dates import load_test
from models.learning import sample, selection
from models.learning.calibrate import Calibration
from models.learning.candidates import LOGISTIC
from models.learning.fit import fit
from models.metrics import auroc, expit, logit
from models.train import describe

BEFORE, AFTER = dt.date(2023, 4, 1), dt.date(2024, 4, 1)
PEOPLE = 6000
Columns = dict[str, np.ndarray]


@pytest.fixture(autouse=True)
def as_many_folds_as_in_a_site(few_folds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare candidates as a site does: alarms must neither ring nor stay silent because of fewer folds."""
    monkeypatch.setattr(selection, "SMALL_ROWS", few_folds)


def same(columns: Columns, risk: np.ndarray, day: dt.date) -> np.ndarray:
    """Return the borough's risk unchanged."""
    return risk


def take(folder: Path, day: dt.date, risk_of=same, extra: Callable[..., np.ndarray] | None = None, names=None):
    """Make a snapshot whose risk is changed by `risk_of`, with one more feature made from the risk and the event, or
    with only some features."""
    rng = np.random.default_rng(day.toordinal())
    columns = borough.person_columns(PEOPLE, 1, rng)
    risk = risk_of(columns, borough.true_risk(columns, 0.0), day)
    event = rng.random(PEOPLE) < risk
    features = [f for f in borough.FEATURES if names is None or f.name in names]
    if extra is not None:
        features.append(Feature("extra", "something of the site's own", "site", "latest", group="extra"))
        columns["extra"] = extra(risk, event, rng)
    return borough.write(folder, day, np.arange(PEOPLE, dtype=np.int32), features, columns, event, risk, 365, 0.02, rng)


def evaluated(folder: Path, **given):
    """The test figures and the alarms of a logistic regression trained a year before it is tested."""
    before, after = (take(folder, day, **given) for day in (BEFORE, AFTER))
    plan = TrainingPlan("planted", seed=2)
    learning = sample.load([before], sample.varying([before]), plan)
    test = load_test([after], plan)
    found = fit(learning, plan.seed, [LOGISTIC])
    place, _ = storage.save(
        found.model, describe(plan, [before], learning, found, references(learning, plan.seed)), folder / "store"
    )
    circumstances = Circumstances(
        [before], learning.person, rival_risks(learning, test), tables=["admissions", "attendances"]
    )
    evaluation = evaluation_of(place, test, circumstances, Training([], Calibration("sigmoid", {}), [], []))
    return evaluation.metrics.test, {alarm.name for alarm in evaluation.alarms}


def sharper(columns, risk, day):
    """Risks so far apart that a correct model ranks very well."""
    return expit(3.0 * (logit(risk) + 2.4) - 2.4)


def test_an_honest_site_where_risks_lie_far_apart_is_silent(tmp_path):
    test, names = evaluated(tmp_path, risk_of=sharper)
    assert 0.86 < test.auroc.value < 0.94
    assert names == set()


def test_a_strong_honest_feature_is_silent(tmp_path):
    alone = []

    def measured(risk, event, rng):
        found = logit(risk) + rng.normal(0, 1.6, len(risk))
        alone.append(auroc(event, found))
        return found

    test, names = evaluated(tmp_path, risk_of=sharper, extra=measured)
    assert test.auroc.value > 0.87
    assert 0.82 < alone[-1] < 0.9
    assert names == set()


def test_few_features_are_silent(tmp_path):
    _, names = evaluated(tmp_path, names={"age", "female", "emergency_admissions_1y"})
    assert names == set()


def test_a_code_written_after_the_event_is_leakage(tmp_path):
    def copied(risk, event, rng):
        return np.where(event, rng.random(len(event)) < 0.97, rng.random(len(event)) < 0.01)

    test, names = evaluated(tmp_path, extra=copied)
    assert test.auroc.value > 0.95
    assert "leakage" in names


def test_one_feature_that_does_it_alone_is_leakage_below_the_implausible_too(tmp_path):
    def half(risk, event, rng):
        return event * 2.2 + rng.normal(0, 1, len(event))

    test, names = evaluated(tmp_path, extra=half)
    assert 0.92 < test.auroc.value <= 0.97
    assert "leakage" in names


def test_a_group_for_whom_the_world_has_changed_rings_subgroup(tmp_path):
    def changed(columns, risk, day):
        alone = (columns["lives_alone"] > 0) & (day == AFTER)
        return np.where(alone, expit(logit(risk) - 1.6), risk)

    _, names = evaluated(tmp_path, risk_of=changed)
    assert "subgroup" in names


@pytest.mark.parametrize("shift", [-1.1, 1.1])
def test_a_world_that_has_changed_for_all_rings_drift_and_calibration(tmp_path, shift):
    def changed(columns, risk, day):
        return expit(logit(risk) + shift * (day == AFTER))

    _, names = evaluated(tmp_path, risk_of=changed)
    assert names >= {"drift", "calibration"}
    assert "leakage" not in names
