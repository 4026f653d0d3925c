"""Evaluates simple rivals of the model on the same people and dates: two or three facts, PARR-30, published scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from models import bootstrap
from models.judging import intervals
from models.judging.figures import Difference, Metrics
from models.judging.intervals import Judged
from models.judging.test_dates import TestData
from models.learning.candidates import PARR30, Candidate, candidates
from models.learning.estimators import out_of_fold
from models.learning.fit import build
from models.learning.published import PUBLISHED, Published
from models.learning.sample import Sample
from models.learning.splits import person_folds
from models.metrics import Array

FITTED: tuple[Candidate, ...] = (*(each for each in candidates() if each.baseline), PARR30)
MEANS = {each.name: each.means for each in FITTED} | {each.name: each.means for each in PUBLISHED}
REPLICATES = 200
"""Number of draws. All rivals share each draw of people, so that their differences from the model are paired."""


@dataclass(frozen=True)
class Compared:
    """Figures of each rival, and the model's figures less the rival's, paired by person."""

    metrics: dict[str, Metrics]
    differences: dict[str, dict[str, Difference]]


def rival_risks(learning: Sample, test: TestData) -> dict[str, Array]:
    """Test risks of the rivals, fitted or scaled on the same training rows. Leaves out scores for which the site lacks
    the data."""
    return {name: risks for name, risks in _all_risks(learning, test) if risks is not None}


def _all_risks(learning: Sample, test: TestData) -> Iterator[tuple[str, Array | None]]:
    for candidate in FITTED:
        yield candidate.name, _fitted_risks(candidate, learning, test)
    for score in PUBLISHED:
        yield score.name, _published_risks(score, learning, test)


def _fitted_risks(candidate: Candidate, learning: Sample, test: TestData) -> Array:
    part, seed = learning.only(candidate.uses), test.plan.seed
    if not part.features:
        return np.full(len(test.y), np.average(learning.y, weights=learning.weight))
    fold = person_folds(part.person, part.y, 5, seed)
    margin = out_of_fold(candidate.build(part.features, seed), part.X, part.y, fold, part.weight)
    return test.risks(build(candidate, part, margin, "sigmoid", seed))


def _published_risks(score: Published, learning: Sample, test: TestData) -> Array | None:
    part = learning.only(list(score.points))
    line = score.calibrated(part)
    if line is None:
        return None
    names = [feature.name for feature in part.features]
    return line.predict(score.of(names, test.columns(names)))


def compared(test: TestData, p: Array, rivals: Mapping[str, Array]) -> Compared:
    """Work out all figures of the rivals, in one pass over resampled people."""
    ours = test.judged(p)
    sides = {name: ours.at(risk) for name, risk in rivals.items()}
    mine = intervals.measures(ours)
    theirs = {name: intervals.measures(side) for name, side in sides.items()}

    def measure(w: Array) -> dict[str, Array]:
        first, values = mine(w), {}
        for name, measured in theirs.items():
            for metric, value in measured(w).items():
                values[_key("", name, metric)] = value
                with np.errstate(invalid="ignore"):  # number needed is infinite if nobody is found
                    values[_key("difference", name, metric)] = first[metric] - value
        return values

    point = measure(intervals.weights(ours)[None, :])
    spread = bootstrap.replicate(
        ours.person,
        measure,
        weight=ours.weight,
        replicates=REPLICATES,
        seed=test.plan.seed,
    )
    return Compared(
        {name: _metrics(side, _part("", name, point), _part("", name, spread)) for name, side in sides.items()},
        {name: _differences(_part("difference", name, point), _part("difference", name, spread)) for name in sides},
    )


def _key(kind: str, rival: str, metric: str) -> str:
    return f"{kind}/{rival}/{metric}"


def _part(kind: str, rival: str, values: Mapping[str, Array]) -> dict[str, Array]:
    """The measured figures of one rival, by metric."""
    start = _key(kind, rival, "")
    return {name.removeprefix(start): value for name, value in values.items() if name.startswith(start)}


def _metrics(side: Judged, point: Mapping[str, Array], spread: Mapping[str, Array]) -> Metrics:
    figures = intervals.assembled(point, spread) | intervals.bounds(side)
    return Metrics(**intervals.counts(side), **figures)


def _differences(point: Mapping[str, Array], spread: Mapping[str, Array]) -> dict[str, Difference]:
    return {name: Difference(float(value[0]), *bootstrap.interval(spread[name])) for name, value in point.items()}
