"""Works out the widest differences between groups, each with its interval and with what chance alone would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models import bootstrap
from models.judging.fairness import flags, large_enough
from models.judging.figures import Gap, Interval
from models.judging.test_dates import TestData
from models.metrics import Array

REPLICATES = 200
BY_CHANCE = 0.95
"""The quantile of gaps between random groups: one in twenty is wider."""
CELLS = 4
"""The four cells: neither flagged nor with the outcome, missed, flagged in vain, found."""


@dataclass(frozen=True)
class People:
    """Number of people in each stratum and group with each pattern, (strata, groups, patterns), and the meaning of a
    pattern.

    `patterns` (patterns, 4) counts a person's test dates in each of the four cells, so that all of a person's rows stay
    together.
    """

    counts: NDArray[np.int64]
    patterns: NDArray[np.int64]


def gaps(test: TestData, p: Array, groups: Mapping[str, pl.Series]) -> dict[str, Gap]:
    """For every grouping, find the widest differences in false-omission and false-discovery rates, unadjusted and with
    age and sex held equal.

    `adjusted`: each group is weighted to everybody's age bands and sexes (direct standardisation). Groups that are too
    small are left out. Intervals resample people. Chance: the same gaps with groups assigned at random; for adjusted
    gaps, among people of one age band and sex.
    """
    flagged, cohort = flags(p), test.cohort("age_band", "sex")
    age, sex = cohort["age_band"].cast(pl.String), cohort["sex"].cast(pl.String)
    by_grouping = {}
    for name, series in groups.items():
        kept = large_enough(test.y, flagged, series)
        strata = {"age_band": sex, "sex": age}.get(name, age + sex).fill_null("")
        if series.filter(kept).n_unique() > 1:
            rows = (test.y[kept], flagged[kept], test.person[kept])
            by_grouping[name] = gap(tabulated(*rows, series.filter(kept), strata.filter(kept)), test.plan.seed)
    return by_grouping


def tabulated(
    y: NDArray[np.int8], flagged: NDArray[np.bool_], person: NDArray[np.int32], group: pl.Series, stratum: pl.Series
) -> People:
    """People by stratum, group and pattern. A person with several dates counts in the group and stratum of the first
    date."""
    _, first, codes = np.unique(person, return_index=True, return_inverse=True)
    cell = np.zeros((len(first), CELLS), np.int64)
    np.add.at(cell, (codes, 2 * flagged + y), 1)
    base = (int(cell.max()) + 1) ** np.arange(CELLS)
    _, one, pattern = np.unique(cell @ base, return_index=True, return_inverse=True)
    (strata, stratum_of), (groups, group_of) = _coded(stratum), _coded(group)
    shape = (strata, groups, len(one))
    place = np.ravel_multi_index((stratum_of[first], group_of[first], pattern), shape)
    return People(np.bincount(place, minlength=int(np.prod(shape))).reshape(shape), cell[one])


def _coded(series: pl.Series) -> tuple[int, NDArray[np.int64]]:
    """Number the values: how many there are, and the number of each row's value."""
    names = series.unique().sort()
    return len(names), series.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()


def gap(people: People, seed: int) -> Gap:
    """Work out the gaps of one grouping."""
    rng = np.random.default_rng(seed)
    n, shares = people.counts.sum(), people.counts.ravel() / people.counts.sum()
    drawn = rng.multinomial(n, shares, REPLICATES).reshape(REPLICATES, *people.counts.shape)
    seen, spread = widest(people.counts[None] @ people.patterns), widest(drawn @ people.patterns)
    everybody = dealt(people.counts.sum(axis=0, keepdims=True), rng) @ people.patterns
    alike = dealt(people.counts, rng) @ people.patterns
    null = {
        name: values
        for name, values in (widest(everybody) | _adjusted(widest(alike))).items()
        if np.isfinite(values).any()
    }
    return Gap(
        **{name: Interval(float(value[0]), *bootstrap.interval(spread[name])) for name, value in seen.items()},
        by_chance={name: float(np.nanquantile(values, BY_CHANCE)) for name, values in null.items()},
        chance={name: _as_wide(values, seen[name][0]) for name, values in null.items()},
    )


def _adjusted(values_by_name: dict[str, Array]) -> dict[str, Array]:
    return {name: values for name, values in values_by_name.items() if name.endswith("_adjusted")}


def _as_wide(null: Array, seen: float) -> float:
    """Chance of a gap as wide if groups were assigned at random. The observed gap counts as one of them."""
    return float((1 + np.sum(null >= seen)) / (1 + len(null)))


def dealt(counts: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Assign groups at random within each stratum: the same people, shape (replicates, strata, groups, patterns)."""
    from scipy.stats import random_table

    tables = np.zeros((REPLICATES, *counts.shape), np.int64)
    for i, table in enumerate(counts):
        if table.any():
            tables[:, i] = random_table.rvs(table.sum(axis=1), table.sum(axis=0), size=REPLICATES, random_state=rng)
    return tables


def widest(cells: NDArray[np.int64]) -> dict[str, Array]:
    """The widest difference between groups in both rates, unadjusted and standardised. `cells` is (replicates, strata,
    groups, 4)."""
    size = cells.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = size.sum(axis=2, keepdims=True) / size.sum(axis=(1, 2), keepdims=True)
        weight = np.nan_to_num(share / (size / size.sum(axis=1, keepdims=True)), posinf=0.0)
        plain, alike = cells.sum(axis=1), (cells * weight[..., None]).sum(axis=1)
        return _gaps(plain, "") | _gaps(alike, "_adjusted")


def _gaps(cells: NDArray[np.float64] | NDArray[np.int64], kind: str) -> dict[str, Array]:
    missed = cells[..., 1] / (cells[..., 0] + cells[..., 1])
    in_vain = cells[..., 2] / (cells[..., 2] + cells[..., 3])
    named = {f"false_omission_rate_gap{kind}": missed, f"false_discovery_rate_gap{kind}": in_vain}
    return {name: np.fmax.reduce(rate, axis=1) - np.fmin.reduce(rate, axis=1) for name, rate in named.items()}
