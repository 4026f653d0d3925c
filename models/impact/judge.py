"""Turns a study's tables into its results: headline, adjusted effect, every outcome, balance and negative controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import polars as pl

from models.impact.balance import Balance, standardised_difference
from models.impact.effects import Array, BeforeAfter, Effect, Units, before_after, compare, e_value
from models.impact.subgroups import Subgroup, by_group

PER = 100.0
"""All results are per 100 people or per 100 person-years."""


@dataclass(frozen=True)
class Outcome:
    """Rows of one outcome (`unit, y, exposure`) and how the difference is measured."""

    rows: pl.DataFrame
    measure: str


@dataclass(frozen=True)
class Study:
    """Tables joined by `unit`.

    `people`: `unit, person, offered, weight, group`, one row per unit. `covariates`: `unit` and numbers known at the
    start. `pool`: the same columns for everybody who could have been compared, before matching. `before` and `after`:
    events of the people offered in the years on either side of the start.
    """

    people: pl.DataFrame
    covariates: pl.DataFrame
    outcome: str
    outcomes: Mapping[str, Outcome]
    negative_controls: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    pool: pl.DataFrame | None = None
    before: Array = field(default_factory=lambda: np.empty(0))
    after: Array = field(default_factory=lambda: np.empty(0))
    primary_is_adjusted: bool = False
    """Matched designs use the regression within the matched sets as their headline."""
    groups: pl.DataFrame | None = None
    """`unit` and a text column for each grouping of people that the protocol names."""


@dataclass(frozen=True)
class Judged:
    """The results of a study."""

    headline: Effect
    adjusted: Effect
    measure: str
    outcomes: dict[str, tuple[str, Effect]]
    negative_controls: dict[str, Effect]
    balance: list[Balance]
    before_after: BeforeAfter
    n: tuple[int, ...]
    """People offered and not offered in the headline result."""
    years: tuple[float, ...]
    events: dict[str, tuple[float, float]]
    """For each outcome, the number of events of people offered and of people compared with them."""
    subgroups: list[Subgroup] = field(default_factory=list)

    @property
    def e_value(self) -> float:
        return e_value(self.headline.ratio)


def judge(study: Study) -> Judged:
    """Work out every result of a study, per 100."""
    main = study.outcomes[study.outcome]
    crude, adjusted = (effect(study, main.rows, adjust=adjust) for adjust in (False, True))
    return Judged(
        headline=adjusted if study.primary_is_adjusted else crude,
        adjusted=adjusted,
        measure=main.measure,
        outcomes={
            name: (one.measure, effect(study, one.rows, adjust=study.primary_is_adjusted))
            for name, one in study.outcomes.items()
        },
        negative_controls={
            name: effect(study, rows, adjust=study.primary_is_adjusted)
            for name, rows in study.negative_controls.items()
        },
        balance=balance(study),
        before_after=before_after(study.before, study.after),
        n=tuple(_people(study, main.rows, offered=arm) for arm in (True, False)),
        years=tuple(_years(study, arm) for arm in (True, False)),
        events=events(study),
        subgroups=[] if study.groups is None else subgroups(study, study.groups),
    )


def subgroups(study: Study, groups: pl.DataFrame) -> list[Subgroup]:
    """The main effect within each group."""
    rows = study.outcomes[study.outcome].rows
    within = partial(effect, study, adjust=study.primary_is_adjusted)
    return by_group(study.people, groups, rows, within)


def events(study: Study) -> dict[str, tuple[float, float]]:
    """Events in both arms for each outcome, including negative controls."""
    rows = {name: one.rows for name, one in study.outcomes.items()} | dict(study.negative_controls)
    found = {}
    for name, counted in rows.items():
        joined = counted.join(study.people, on="unit")
        sides = (joined.filter(pl.col("offered") == arm)["y"].sum() for arm in (True, False))
        offered, control = (float(side) for side in sides)
        found[name] = (offered, control)
    return found


def effect(study: Study, rows: pl.DataFrame, *, adjust: bool) -> Effect:
    """The effect on one outcome, with or without the covariates."""
    joined = rows.join(study.people, on="unit").sort("unit")
    covariates = None
    if adjust and study.covariates.width > 1:
        covariates = (
            joined.select("unit").join(study.covariates, on="unit", maintain_order="left").drop("unit").to_numpy()
        )
    return compare(units(joined), covariates).times(PER)


def units(rows: pl.DataFrame) -> Units:
    """Turn rows into arrays."""
    return Units(
        rows["y"].to_numpy().astype(np.float64),
        rows["exposure"].to_numpy().astype(np.float64),
        rows["offered"].to_numpy().astype(bool),
        rows["group"].to_numpy().astype(np.int64),
        rows["weight"].to_numpy().astype(np.float64),
    )


def balance(study: Study) -> list[Balance]:
    """Standardised differences of every covariate, in the pool and among the people compared."""
    people = study.people.join(study.covariates, on="unit")
    offered, control = people.filter("offered"), people.filter(~pl.col("offered"))
    pool = study.pool if study.pool is not None else people
    pooled = pool.filter(pl.col("offered")), pool.filter(~pl.col("offered"))
    return [
        Balance(
            name,
            _before(pooled, name),
            standardised_difference(
                offered[name].to_numpy(), control[name].to_numpy(), control["weight"].to_numpy().astype(np.float64)
            ),
        )
        for name in study.covariates.columns
        if name != "unit"
    ]


def _before(pooled: tuple[pl.DataFrame, pl.DataFrame], name: str) -> float:
    """The difference of one covariate in the pool, if the pool has it."""
    if name not in pooled[0].columns:
        return float("nan")
    return standardised_difference(*(side[name].to_numpy().astype(np.float64) for side in pooled))


def _people(study: Study, rows: pl.DataFrame, *, offered: bool) -> int:
    arm = study.people.filter(pl.col("offered") == offered).join(rows, on="unit", how="semi")
    return int(arm["person"].n_unique())


def _years(study: Study, offered: bool) -> float:
    arm = study.people.filter(pl.col("offered") == offered)
    rows = next(iter(study.outcomes[name].rows for name in ("admissions", study.outcome) if name in study.outcomes))
    return float(rows.join(arm, on="unit")["exposure"].sum())
