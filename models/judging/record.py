"""Declares the evaluation of a model as typed records. It is stored with the model. Card, plots, registry and report
read it."""

from __future__ import annotations

import contextlib
from dataclasses import field
from pathlib import Path

from pydantic import ValidationError
from pydantic.dataclasses import dataclass

from data_schemas import disk
from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Notice, SnapshotReference
from data_schemas.sealed import opened, sealed
from models.judging.drawn import AtCapacity, BedDayCurve, Curves, Dependence, Importance
from models.judging.figures import UNKNOWN, Access, Difference, Flat, Gap, GroupResult, Interval, Metrics, RisingRisk
from models.learning.calibrate import Calibration
from models.learning.selection import Trial
from models.learning.tuning import TuningTrial


@dataclass(frozen=True)
class Oracle:
    """How well the true risks of a synthetic site do, and how far the model's risks are from them."""

    n: int
    auroc: float | None = None
    model_auroc: float | None = None
    auroc_gap: float | None = None
    auroc_ratio: float | None = None
    rank_correlation: float | None = None
    mean_absolute_distance: float | None = None
    log_odds_correlation: float | None = None
    ppv_at_5_percent: float | None = None
    model_share_of_ppv_at_5_percent: float | None = None


@dataclass(frozen=True, kw_only=True)
class BedDayFigures(Flat):
    """Days in hospital per person, observed and expected, for everybody and for people at highest risk."""

    n: int
    days: float
    expected_days: float
    observed_expected: Interval = UNKNOWN
    share_of_days_at: dict[str, float | None]
    days_at: dict[str, float]
    expected_days_at: dict[str, float]


@dataclass(frozen=True)
class Leavers:
    """People who left before their outcome was known: how many person-dates, and their share of all."""

    left: int
    share: float


@dataclass(frozen=True)
class WhoIsNew:
    """Person-dates of people who were never trained on by age band, and their median age."""

    ages: dict[str, int]
    median_age: float | None


@dataclass(frozen=True, kw_only=True)
class ModelMetrics(Flat):
    """Figures of the model on the test dates, for some groups of people, and for both ways of treating leavers."""

    test: Metrics
    new_people: Metrics
    """People who were never trained on."""
    who_is_new: WhoIsNew | None = None
    person_disjoint: Metrics | None = None
    """Figures of models of the same kind, each for people it was not trained on at any date."""
    person_disjoint_same_ages: Metrics | None = None
    """The same figures, weighted to the ages of new people."""
    leavers_excluded: Metrics
    leavers_weighted: Metrics
    leavers: Leavers | None = None
    bed_days: BedDayFigures
    rising_risk: RisingRisk | None = None
    oracle: Oracle | None = None


@dataclass(frozen=True)
class FeatureDrift:
    """Population stability index of one feature."""

    feature: str
    psi: float


@dataclass(frozen=True)
class Drift:
    """Change since training: of the risks on the test dates, and of every feature at the newest date checked."""

    as_of: str
    marked: int
    features: list[FeatureDrift]
    risk: float


@dataclass(frozen=True, kw_only=True)
class Month(Flat):
    """Observed and expected events in one part of the outcome window."""

    part: int
    observed: int
    expected: float
    observed_expected: Interval = UNKNOWN


@dataclass(frozen=True)
class Look:
    """The newest snapshot that was checked for scoring, and the alarms that it raised."""

    as_of: str
    fingerprint: str
    alarms: list[Notice]


@dataclass(frozen=True, kw_only=True)
class Influence(Flat):
    """Observed/expected of people never listed, listed and not reached, and seen, and the ratio of the last to the
    first."""

    groups: list[GroupResult]
    ratio: Interval = UNKNOWN
    chosen: list[GroupResult] = field(default_factory=list)
    """The same by who decided about them on the list of the as-of date: chosen by the model, added by the team, or
    removed by the team."""


@dataclass(frozen=True, kw_only=True)
class Rolled(Metrics):
    """Figures at a `test` date, for the model that was available by then, trained at `train`."""

    test: str
    train: list[str]


@dataclass(frozen=True, kw_only=True)
class Aged(Flat):
    """A score worked out at `scored` and tested on the outcomes after `test`, next to the refreshed and the retrained
    one.
    """

    scored: str
    test: str
    days: int
    old_score: Metrics | None = None
    refreshed: Metrics | None = None
    retrained: Metrics | None = None

    def by_age(self) -> dict[str, Metrics]:
        """The three scores by name, if they could be evaluated."""
        named = {"old_score": self.old_score, "refreshed": self.refreshed, "retrained": self.retrained}
        return {name: metrics for name, metrics in named.items() if metrics is not None}


@dataclass(frozen=True, kw_only=True)
class Tested(Flat):
    """Which model was evaluated on which snapshots."""

    model_version: str
    test: list[SnapshotReference]


@dataclass(frozen=True)
class OwnMetrics:
    """Figures on the test dates."""

    test: Metrics


@dataclass(frozen=True, kw_only=True)
class OwnEvaluation(Tested):
    """The evaluation of a model that was trained elsewhere."""

    metrics: OwnMetrics


@dataclass(frozen=True, kw_only=True)
class Evaluation(Tested):
    """The whole evaluation of one model on the test dates."""

    selection: list[Trial]
    calibration: Calibration
    tuning: list[TuningTrial]
    notices: list[Notice]
    metrics: ModelMetrics
    baselines: dict[str, Metrics]
    differences: dict[str, dict[str, Difference]]
    """Paired differences of the model from each simple rival, by metric."""
    subgroups: list[GroupResult]
    gaps: dict[str, Gap]
    access: list[Access]
    curves: Curves
    capacity: list[AtCapacity]
    drift: Drift
    months: list[Month]
    bed_days: BedDayCurve
    importance: list[Importance]
    dependence: list[Dependence]
    look: Look
    alarms: list[Notice]
    rolling: list[Rolled] | None = None
    """None if it was not checked."""
    staleness: list[Aged] | None = None
    influence: Influence | None = None
    """None if nobody has been on a list."""

    @property
    def against_the_model(self) -> list[Notice]:
        """Alarms of training and test dates. Alarms of the snapshot to be scored hold back the release, not the
        model."""
        return [alarm for alarm in self.alarms if alarm not in self.look.alarms]


def read(path: str | Path) -> Evaluation:
    """The evaluation in a file.

    Raises:
        ConfigurationError: if another release wrote the file in another format.
        Changed: if the file has changed since it was written.
    """
    with contextlib.suppress(ValidationError):
        return opened(Evaluation, Path(path))
    raise ConfigurationError(
        f"{path}: an earlier release judged this model and wrote it down in another form; run once without --no-train, and a model is "
        "trained and judged by this release"
    )


def tested_on(path: Path) -> list[SnapshotReference]:
    """The snapshots that a model was tested on, including one that was trained elsewhere."""
    return opened(Tested, path).test


def write(path: Path, evaluation: Tested) -> Path:
    """Write an evaluation to a file, completely or not at all."""
    return disk.write(path, sealed(evaluation))
