"""Explains one score: its parts, and what the model would predict if some facts were different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_schemas.errors import ConfigurationError
from data_schemas.nearest import nearest
from data_schemas.receipts import Feature, Snapshot
from models.explain import contribution_matrix
from models.learning import sample
from models.learning.estimators import RiskModel

SHOWN = 10
"""How many facts to show that raise the risk, and how many that lower it, strongest first."""
MEASURED = ("latest", "mean")
LIVED = ("social", "loneliness", "strength")
WARNING = (
    "This is what the model uses, not what causes an admission. The answer to --what-if is the model's risk for a "
    "person with these facts on the record. It does not mean that changing them would change what happens."
)


@dataclass(frozen=True)
class Part:
    """A fact and the log-odds that it adds, compared with an average person in the training data."""

    means: str
    value: float | None
    adds: float


@dataclass(frozen=True)
class Answer:
    """A person's risk and the facts that raise and lower it most. Also the risk with other facts, if these were
    given."""

    risk: float
    raises: list[Part]
    lowers: list[Part]
    what_if: dict[str, float]
    risk_if: float | None
    warning: str = WARNING


def ask(
    model: RiskModel,
    features: Sequence[Feature],
    at: Snapshot,
    person: int,
    what_if: Mapping[str, float],
    trained_on: Sequence[Snapshot],
) -> Answer:
    """Explain the score of one person in a snapshot.

    Raises:
        ConfigurationError: for a fact that the model does not use, that nobody can change, or a value beyond what
        training saw.
    """
    refuse(features, what_if, trained_on or [at])
    names = [feature.name for feature in features]
    values = sample.matrix(at, names, np.array([person], np.int32))
    parts = _parts(features, values[0], contribution_matrix(model, values)[0])
    other = values.copy()
    for name, value in what_if.items():
        other[0, names.index(name)] = value
    return Answer(
        _risk(model, values),
        [part for part in parts if part.adds > 0][:SHOWN],
        [part for part in parts if part.adds < 0][:SHOWN],
        dict(what_if),
        _risk(model, other) if what_if else None,
    )


def _risk(model: RiskModel, values: NDArray[np.float32]) -> float:
    return float(model.predict_proba(values)[0, 1])


def _parts(features: Sequence[Feature], values: NDArray[np.float32], given: NDArray[np.float64]) -> list[Part]:
    """Sort facts by the size of what they add. Leave out facts that are never printed about a person."""
    order = [i for i in np.argsort(-np.abs(given), kind="stable") if not features[i].restricted]
    known = [None if np.isnan(value) else float(value) for value in values]
    return [Part(features[i].means, known[i], float(given[i])) for i in order]


def refuse(features: Sequence[Feature], what_if: Mapping[str, float], seen: Sequence[Snapshot]) -> None:
    """Raise one error that names everything that cannot be asked."""
    by_name = {feature.name: feature for feature in features}
    problems = []
    for name, value in what_if.items():
        if name not in by_name:
            problems.append(f"--what-if {name}: the model does not use such a fact{nearest(name, by_name)}")
        elif not can_change(by_name[name]):
            problems.append(
                f"--what-if {name}: {by_name[name].means} cannot be changed; ask about measurements or circumstances"
            )
        elif (within := _range(name, seen)) and not within[0] <= value <= within[1]:
            problems.append(
                f"--what-if {name}: the model was trained on {within[0]:g} to {within[1]:g}; beyond that it does not know"
            )
    if problems:
        raise ConfigurationError(problems)


def can_change(feature: Feature) -> bool:
    """Whether a feature can change. Measurements and circumstances can; age, sex and past events cannot."""
    return not feature.restricted and (feature.statistic in MEASURED or feature.family in LIVED)


def _range(name: str, seen: Sequence[Snapshot]) -> tuple[float, float] | None:
    """Smallest and largest value of a fact in the training data."""
    found = [statistics[name] for s in seen if name in (statistics := sample.statistics_of(s))]
    ends = [(s["minimum"], s["maximum"]) for s in found]
    known = [(low, high) for low, high in ends if low is not None and high is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None
