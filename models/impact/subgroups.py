"""Checks whether a programme had the same effect on everybody: the main effect in the groups that the protocol
named."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from models.impact.effects import Effect, Z


@dataclass(frozen=True)
class Subgroup:
    """The main effect in one group, with its numbers of people and events."""

    name: str
    value: str
    effect: Effect
    people: int
    """Of the smaller side."""
    events: float
    """Of the smaller side."""
    p_differs: float
    """P value: the chance of effects at least this far apart if all groups of this grouping had the same effect. NaN if
    one has no interval."""


def by_group(
    people: pl.DataFrame, groups: pl.DataFrame, rows: pl.DataFrame, effect: Callable[[pl.DataFrame], Effect]
) -> list[Subgroup]:
    """Work out the effect in each group: each value, in order, of each column of `groups` (`unit` and names).

    `people` is `unit, person, offered`, `rows` the outcome (`unit, y`), and `effect` is a function that works out the
    effect for some of those rows.
    """
    found = []
    for name in (column for column in groups.columns if column != "unit"):
        values = groups[name].drop_nulls().unique().sort().to_list()
        parts = {value: rows.join(groups.filter(pl.col(name) == value), on="unit", how="semi") for value in values}
        effects = {value: effect(part) for value, part in parts.items()}
        apart = p_differs(list(effects.values()))
        found += [Subgroup(name, value, effects[value], *_smaller(people, parts[value]), apart) for value in values]
    return found


def p_differs(effects: list[Effect]) -> float:
    """P value of Cochran's Q, which tests whether several independent effects are equal."""
    from scipy import stats

    spread = [(one.high - one.low) / (2 * Z) for one in effects]
    if len(effects) < 2 or not all(math.isfinite(s) and s > 0 for s in spread):  # noqa: PLR2004 - one has nothing to differ from
        return float("nan")
    weight = [1 / s**2 for s in spread]
    middle = sum(w * one.difference for w, one in zip(weight, effects, strict=True)) / sum(weight)
    q = sum(w * (one.difference - middle) ** 2 for w, one in zip(weight, effects, strict=True))
    return float(stats.chi2.sf(q, len(effects) - 1))


def _smaller(people: pl.DataFrame, rows: pl.DataFrame) -> tuple[int, float]:
    """People and events of the arm that has fewer."""
    both = rows.join(people, on="unit")
    sides = [both.filter(pl.col("offered") == arm) for arm in (True, False)]
    return min(side["person"].n_unique() for side in sides), min(float(side["y"].sum()) for side in sides)
