"""Checks whether the score measures access instead of need. An admission takes both, and the model is trained on
admissions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.outcomes import WORDS
from data_schemas.receipts import Notice
from models import calibration, metrics
from models.judging.fairness import MINIMUM_EVENTS, MINIMUM_PEOPLE
from models.judging.figures import Access, Interval
from models.judging.test_dates import TestData
from models.learning.terms import KNOTS, restricted_cubic
from models.metrics import Array

GROUPINGS = ("ethnic_group", "deprivation_fifth")
NEED = ("long_term_conditions", "frailty_index")
"""Features that show need, whatever care a person had. Later death is also used, unless it is part of
the outcome."""
UNEQUAL = "unequal_access"
DEATH = "died_without_the_outcome"
LEVEL = 0.02
"""The chance that any group of a grouping is reported by chance alone."""
LEAST_RELIABLE = 0.3
"""Smallest reliability used. Measures of need that have less in common count as if they had this much."""
FEWER = 0.85
"""Admissions at the same need, relative to everybody else's: this ratio or a lower one matters."""
MORE = 0.1
"""Difference in need at the same score, in standard deviations: this or a larger one matters."""
Z_95 = 1.959964


def audit(test: TestData, p: Array, groups: Mapping[str, pl.Series]) -> list[Access]:
    """Work out need at the same score, and admissions at the same need, for every ethnic group and fifth of
    deprivation. Each person counts once."""
    from models.learning.sample import features_of

    declared = {feature.name for feature in features_of(test.snapshots[0])}
    names = [name for name in NEED if name in declared]
    asked = [name for name in GROUPINGS if name in groups]
    if not (names and asked):
        return []
    first = np.unique(test.person, return_index=True)[1]
    need = dict(zip(names, np.nan_to_num(test.columns(names)[first].astype(np.float64)).T, strict=True))
    cohort = test.cohort("age", "sex")[first]
    age, female = cohort["age"].to_numpy().astype(np.float64), (cohort["sex"] == "2").to_numpy().astype(np.float64)
    died = None if WORDS[test.plan.outcome].includes_death else test.outcome("died")[first]
    return [
        row
        for name in asked
        for row in unequal(name, groups[name].to_numpy()[first], test.y[first], p[first], need, died, age, female)
    ]


def unequal(
    grouping: str,
    group: NDArray[np.object_],
    y: NDArray[np.int8],
    p: Array,
    need: Mapping[str, Array],
    died: Array | None,
    age: Array,
    female: Array,
) -> list[Access]:
    """Compare every group of one grouping with everybody else, with age and sex held equal. People without a group
    count among the others. `died` is None if death is part of the outcome.

    Need is what remains of each measure after a regression removes score, age and sex. The chance is that of a
    difference this far from 0 if groups were assigned at random (the permutation distribution, taken as normal with the
    same mean and variance).
    """
    known = np.array([value is not None for value in group])
    y, p, age, female = y[known], p[known], age[known], female[known]
    shows = dict(need) if died is None else {**need, DEATH: died}
    measures = {name: values[known] for name, values in shows.items()}
    index = np.mean([_standardised(values) for values in measures.values()], axis=0)
    who = np.column_stack([np.ones(len(y)), *_bent(age), female])
    at_score = np.column_stack([who, *_bent(metrics.logit(p))])
    left = {name: _residual(at_score, values) for name, values in (measures | {"need": index}).items()}
    members = {value: group[known] == value for value in sorted(set(group[known]))}
    recorded = [_standardised(_residual(who, np.log1p(need[name][known]))) for name in need]
    expected = _expected(np.column_stack([who, *_bent(likely_need(recorded, list(members.values())))]), y)
    judged = {
        value: rows
        for value, rows in members.items()
        if min(rows.sum(), (~rows).sum()) >= MINIMUM_PEOPLE
        and min(expected[rows].sum(), expected[~rows].sum()) >= MINIMUM_EVENTS
    }
    return [_row(grouping, value, rows, left, y, expected, len(judged)) for value, rows in judged.items()]


def likely_need(measures: Sequence[Array], groups: Sequence[NDArray[np.bool_]]) -> Array:
    """Estimate everybody's need from several measures, without the part that is noise.

    A measure contains need and noise. One person's value contains much noise, the mean of a group hardly any. So a
    person's estimated need is the mean of their group plus part of their difference from it: the share that the
    measures have in common (their reliability, Cronbach's alpha). Without this, a group with less need would seem to
    have fewer admissions than its need predicts.
    """
    index = np.mean(measures, axis=0)
    middle, apart = np.zeros_like(index), np.array(measures)
    for rows in groups:
        middle[rows] = index[rows].mean()
        apart[:, rows] -= apart[:, rows].mean(axis=1, keepdims=True)
    together = middle + reliability(apart) * apart.mean(axis=0)
    return np.asarray(together)


def reliability(measures: Array) -> float:
    """Cronbach's alpha of measures (k, n), kept between `LEAST_RELIABLE` and 1; 1 for a single measure."""
    count = len(measures)
    total = float(measures.sum(axis=0).var())
    if count == 1 or total == 0:
        return 1.0
    alpha = count / (count - 1) * (1 - float(measures.var(axis=1).sum()) / total)
    return min(max(alpha, LEAST_RELIABLE), 1.0)


def _row(
    grouping: str,
    value: str,
    rows: NDArray[np.bool_],
    left: Mapping[str, Array],
    y: NDArray[np.int8],
    expected: Array,
    looked_at: int,
) -> Access:
    """One group's figures, and what they clearly show."""
    apart = {name: difference(values, rows) for name, values in left.items()}
    need, need_chance = apart["need"]
    ratio, ratio_chance = admissions(y, expected, rows)
    level = LEVEL / looked_at
    return Access(
        group=grouping,
        value=value,
        n=int(rows.sum()),
        need_at_same_score=need,
        need_chance=need_chance,
        by_measure={name: found for name, (found, _) in apart.items() if name != "need"},
        admissions_at_same_need=ratio,
        admissions_chance=ratio_chance,
        more_need=need.value >= MORE and need_chance < level,
        less_access=ratio.value <= FEWER and ratio_chance < level,
    )


def difference(values: Array, rows: NDArray[np.bool_]) -> tuple[Interval, float]:
    """Mean of a group minus that of the others, with its interval, and the chance of such a difference if groups were
    assigned at random."""
    inside, outside = values[rows], values[~rows]
    apart = float(inside.mean() - outside.mean())
    error = math.sqrt(inside.var() / len(inside) + outside.var() / len(outside))
    shuffled = math.sqrt(values.var() * (1 / len(inside) + 1 / len(outside)))
    return Interval(apart, apart - Z_95 * error, apart + Z_95 * error), _tail(apart, shuffled)


def admissions(y: NDArray[np.int8], expected: Array, rows: NDArray[np.bool_]) -> tuple[Interval, float]:
    """Observed/expected of a group over that of the others, with `expected` from need, age and sex, on the log
    scale."""
    observed = [max(float(y[part].sum()), 0.5) for part in (rows, ~rows)]
    foreseen = [float(expected[part].sum()) for part in (rows, ~rows)]
    spread = [float(np.sum(expected[part] * (1 - expected[part]))) for part in (rows, ~rows)]
    log = math.log(observed[0] / foreseen[0]) - math.log(observed[1] / foreseen[1])
    error = math.sqrt(sum(variance / count**2 for variance, count in zip(spread, observed, strict=True)))
    shuffled = math.sqrt(sum(variance / count**2 for variance, count in zip(spread, foreseen, strict=True)))
    ends = (math.exp(log - Z_95 * error), math.exp(log + Z_95 * error))
    return Interval(math.exp(log), *ends), _tail(log, shuffled)


def _tail(distance: float, error: float) -> float:
    """Two-sided chance under a normal distribution."""
    return math.erfc(abs(distance) / max(error, metrics.SMALLEST) / math.sqrt(2))


def _standardised(values: Array) -> Array:
    spread = values.std()
    return np.asarray((values - values.mean()) / spread) if spread > 0 else np.zeros(len(values))


def _bent(values: Array) -> list[Array]:
    """A column and the terms of its spline."""
    bends = restricted_cubic(values, np.unique(np.quantile(values, KNOTS)))
    return [values, *bends.T]


def _residual(design: Array, values: Array) -> Array:
    """The residuals of a least-squares fit."""
    fitted: Array = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return values - fitted


def _expected(design: Array, y: NDArray[np.int8]) -> Array:
    """Expected outcome from need, age and sex alone."""
    scale = np.maximum(np.abs(design).max(axis=0), metrics.SMALLEST)
    return metrics.expit(design / scale @ calibration.maximise_likelihood(design / scale, y))


def notices(rows: Sequence[Access]) -> list[Notice]:
    """Write notices: groups with clearly fewer admissions at the same need, and whether the score shows it."""
    return [
        Notice(
            UNEQUAL,
            f"{row.group.replace('_', ' ')} {row.value}: {row.admissions_at_same_need.value:.2f} times as many outcomes as others at the"
            f" same recorded need, age and sex. Access may be harder for them. {conclusion(row)}",
        )
        for row in rows
        if row.less_access
    ]


def conclusion(row: Access) -> str:
    """State whether the score makes up for the missing admissions."""
    apart = row.need_at_same_score.value
    if row.more_need:
        return f"At the same score they have more need (by {apart:.2f} standard deviations): the score is too low for what they need."
    return f"At the same score their need is like that of others ({apart:+.2f} standard deviations)."
