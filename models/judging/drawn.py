"""Typed records of what an evaluation's plots show: curves, importance and dependence."""

from __future__ import annotations

from dataclasses import field

from pydantic.dataclasses import dataclass

from models.judging.figures import UNKNOWN, Flat, Interval, Number


@dataclass(frozen=True)
class CalibrationBin:
    """Mean risk and share with the outcome among people with similar risks, with a 95% interval."""

    n: int
    expected: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class RiskBin:
    """People and events at risks from `low` to `high`."""

    low: float
    high: float
    n: int
    events: int


@dataclass(frozen=True)
class RocPoint:
    """False and true positive rate."""

    fpr: float
    tpr: float


@dataclass(frozen=True)
class PrecisionPoint:
    """Sensitivity (`recall`) and PPV (`precision`)."""

    recall: float
    precision: float


@dataclass(frozen=True)
class LiftPoint:
    """Share of people at highest risk, and share of all events among them."""

    people: float
    events: float


@dataclass(frozen=True)
class DecisionPoint:
    """Net benefit per person of reaching everybody above a threshold: by the model (with interval) and by rivals. Also
    that of reaching everybody."""

    threshold: float
    model: float
    low: Number
    high: Number
    everybody: float
    rivals: dict[str, float]

    def of(self, name: str) -> float:
        """The net benefit of the model, of a rival, or of reaching everybody."""
        return {"model": self.model, "everybody": self.everybody, **self.rivals}[name]


@dataclass(frozen=True)
class Curves:
    """The plotted curves of the model and its rivals, by name."""

    calibration: list[CalibrationBin]
    histogram: list[RiskBin]
    roc: dict[str, list[RocPoint]]
    precision_recall: dict[str, list[PrecisionPoint]]
    lift: dict[str, list[LiftPoint]]
    decision: list[DecisionPoint]


@dataclass(frozen=True)
class BedDayCurve:
    """Expected bed days (`days`) by risk."""

    risk: list[float]
    days: list[float]


@dataclass(frozen=True)
class FeatureImportance:
    """Mean absolute contribution of one feature to a person's log-odds."""

    feature: str
    means: str
    importance: float


@dataclass(frozen=True)
class Importance:
    """Importance of all features of one meaning together, with the features, strongest first."""

    meaning: str
    importance: float
    features: list[FeatureImportance]


@dataclass(frozen=True)
class DependencePoint:
    """Mean risk if everybody had this value, and the share of people near it."""

    value: float
    risk: float
    share: float


@dataclass(frozen=True)
class Dependence:
    """Partial dependence of the risk on one feature."""

    feature: str
    means: str
    values: list[DependencePoint]


@dataclass(frozen=True, kw_only=True)
class AtCapacity(Flat):
    """Results of a cluster's list with `n` of its `people` on it."""

    cluster: str
    people: int
    n: float
    events: float
    threshold: float
    """Risk of the last person with a place."""
    ppv: Interval = UNKNOWN
    ppv_worst: Number
    ppv_best: Number
    sensitivity: Interval = UNKNOWN
    lift: Number
    number_needed: Number
    died: Interval = UNKNOWN
    """Share of those listed who died in the window without the outcome. Not known if death is part of the outcome."""
    net_benefit: Interval = UNKNOWN
    """Net benefit per person of the cluster, at the odds of `threshold`."""
    standardised_net_benefit: Interval = UNKNOWN
    """Net benefit divided by the share of people with the outcome: 1 is a perfect list."""
    rivals: dict[str, Interval] = field(default_factory=dict)
    """Standardised net benefit of a list of the same length by each rival."""
    better_by: dict[str, Interval] = field(default_factory=dict)
    """How much higher the model's is, paired by person."""
