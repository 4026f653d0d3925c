"""Searches for better settings of the boosted trees, using only the training dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from data_schemas import disk
from models import metrics
from models.learning.calibrate import Calibrator
from models.learning.candidates import Candidate, boosting
from models.learning.estimators import fitted
from models.learning.sample import Sample
from models.learning.selection import validation_rows
from models.learning.splits import each_fold, person_folds

FOLDS = 3
STUDY = "boosting"


@dataclass(frozen=True)
class TuningTrial:
    """Settings that were tried, and their log loss."""

    number: int
    log_loss: float
    settings: dict[str, int | float]


@dataclass(frozen=True)
class Tuned:
    """The best settings found, as a candidate, and every trial."""

    candidate: Candidate
    trials: list[TuningTrial]


def tune(sample: Sample, trials: int, seed: int, store: Path, key: str) -> Tuned:
    """Try `trials` settings. Settings from an earlier, interrupted search for the same training (`key`) are not tried
    again.

    Every trial has its own random generator (`seed` and its number), so that an interrupted search ends with the same
    result.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    file = store / "tuning" / f"{key[:16]}.db"
    file.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=disk.sqlite_address(file), study_name=STUDY, direction="minimize", load_if_exists=True
    )
    rows = validation_rows(sample, seed)
    part = sample.where(rows)
    done = [trial for trial in study.trials if trial.state.is_finished()]
    for number in range(len(done), trials):
        study.sampler = optuna.samplers.TPESampler(seed=seed + number, n_startup_trials=max(5, trials // 4))
        trial = study.ask()
        study.tell(trial, later_log_loss(part, suggested(trial), seed))
    settings = dict(study.best_params)
    finished = [t for t in study.trials if t.value is not None]  # a trial that was killed has a number but no value
    log = [TuningTrial(number, t.value, t.params) for number, t in enumerate(finished)]
    return Tuned(
        Candidate("boosting_tuned", "gradient-boosted trees, settings searched for", partial(boosting, **settings)), log
    )


def suggested(trial: Any) -> dict[str, Any]:
    """Suggest settings to try. The learning rate and the number of trees are searched together."""
    return {
        "n_estimators": trial.suggest_int("n_estimators", 100, 500, step=50),
        "learning_rate": trial.suggest_float("learning_rate", 0.015, 0.15, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 31),
        "min_child_samples": trial.suggest_int("min_child_samples", 20, 200, log=True),
        "reg_lambda": trial.suggest_float("reg_lambda", 1.0, 300.0, log=True),
        "feature_fraction_bynode": trial.suggest_float("feature_fraction_bynode", 0.1, 0.6),
    }


def later_log_loss(sample: Sample, settings: Mapping[str, Any], seed: int) -> float:
    """Calibrated log loss of people left out, on the latest training date; of all rows if there is only one date."""
    fold = person_folds(sample.person, sample.y, FOLDS, seed)
    latest = sample.as_of == sample.as_of.max()
    several = not latest.all()
    margin = np.full(len(sample), np.nan)
    for learn, judge in each_fold(fold):
        earlier = learn[~latest[learn]] if several else learn
        later = judge[latest[judge]] if several else judge
        weight = None if sample.weight is None else sample.weight[earlier]
        model = fitted(boosting(sample.features, seed, **settings), sample.X[earlier], sample.y[earlier], weight)
        margin[later] = metrics.logit(model.predict_proba(sample.X[later])[:, 1])
    known = np.isfinite(margin)
    weight = None if sample.weight is None else sample.weight[known]
    risk = Calibrator("sigmoid").fit(margin[known], sample.y[known], weight).predict(margin[known])
    return metrics.log_loss(sample.y[known], risk, weight)
