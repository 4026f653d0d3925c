"""From one row a person and concept to one column a feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.features.catalogue import FeatureSet, Named
from pipeline.features.compute import STEPS_PER_UNIT, Plan

Column = npt.NDArray[np.float32]


def assemble(long: pl.LazyFrame, people: pl.DataFrame, features: FeatureSet, plan: Plan) -> pl.DataFrame:
    """`person`, then every feature in declared order, Float32 with null for unknown, one row for each of `people`.

    `long` is `compute.summarise` for at least these people; `people` (sorted by person) has the columns of facts.
    """
    events = scatter(long, people["person"].to_numpy(), features.of_events(), plan)
    found = pl.DataFrame(events).with_columns(pl.all().fill_nan(None))
    found = found.hstack(people.select(_number(fact, fact.name) for fact in features.facts()))
    for named in features.scores():
        found = found.with_columns(_number(named, named.name))
    return people.select("person").hstack(found.select(features.names))


def _number(named: Named, name: str) -> pl.Expr:
    """A fact or score as Float32; what is not a number is unknown, and the unknown is what `missing` says."""
    if named.declared.expression is None:
        raise ValueError(f"{name}: a {named.declared.statistic} has an expression")
    value = named.declared.expression.cast(pl.Float32)
    known = pl.when(value.is_finite()).then(value)
    return (
        (known if named.declared.missing is None else known.fill_null(named.declared.missing))
        .cast(pl.Float32)
        .alias(name)
    )


def scatter(long: pl.LazyFrame, persons: npt.NDArray[Any], features: Sequence[Named], plan: Plan) -> dict[str, Column]:
    """The `features` about events, NaN for unknown, in the order of `persons` (sorted, without repeats)."""
    columns = {named.name: np.full(len(persons), _missing(named), np.float32) for named in features}
    if not len(persons) or not long.collect_schema():
        return columns
    reading = {named.name: (named.declared.statistic, plan.days(named)) for named in features}
    values = {
        f"{told} {days}": READINGS[told](plan, days).cast(pl.Float32) for told, days in sorted({*reading.values()})
    }
    keys = sorted({plan.keys[named.declared.concepts] for named in features})
    asked = long.filter(pl.col("key").is_in(keys)).select("person", "key", **values).collect()
    place = pl.Series("place", _places(asked["person"].to_numpy(), persons))
    rows = asked.with_columns(place).filter(pl.col("place") >= 0).sort("key")
    told = {name: rows[name].to_numpy() for name in rows.columns}
    ends = np.searchsorted(told["key"], np.arange(len(plan.keys) + 1))
    for named in features:
        key = plan.keys[named.declared.concepts]
        own = slice(ends[key], ends[key + 1])
        found = told["{} {}".format(*reading[named.name])][own]
        is_told = ~np.isnan(found)
        columns[named.name][told["place"][own][is_told]] = found[is_told]
    return columns


def _places(found: npt.NDArray[Any], persons: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Where each of `found` stands in `persons`; -1 for those who do not."""
    first, last = persons[0], persons[-1]
    place = np.full(last - first + 1, -1, np.int32)
    place[persons - first] = np.arange(len(persons))
    return np.where((found >= first) & (found <= last), place[(found - first).clip(0, last - first)], -1)


def _missing(named: Named) -> float:
    return np.nan if named.declared.missing is None else named.declared.missing


def _when_any(column: str, value: pl.Expr) -> pl.Expr:
    return pl.when(pl.col(column) > 0).then(value)


def _days_since(column: str, plan: Plan) -> pl.Expr:
    return (pl.lit(plan.as_of) - pl.col(column)).dt.total_days()


def _total(days: int) -> pl.Expr:
    return pl.col(f"total_{days}") / STEPS_PER_UNIT


def _trend(days: int) -> pl.Expr:
    """The later half less the earlier one: twice the later less both."""
    return 2 * pl.col(f"count_{days // 2}").cast(pl.Int64) - pl.col(f"count_{days}")


def _change(plan: Plan, days: int) -> pl.Expr:
    is_later = (pl.col("latest_on") >= plan.edge(days)) & (pl.col("latest_on") > pl.col(f"earliest_{days}_on"))
    return pl.when(is_later).then(pl.col("latest") - pl.col(f"earliest_{days}"))


READINGS: dict[str, Callable[[Plan, int], pl.Expr]] = {
    "count": lambda _, days: _when_any(f"count_{days}", pl.col(f"count_{days}")),
    "ever": lambda _, days: _when_any(f"count_{days}", pl.lit(1)),
    "trend": lambda _, days: _when_any(f"count_{days}", _trend(days)),
    "total": lambda _, days: _when_any(f"valued_{days}", _total(days)),
    "mean": lambda _, days: _when_any(f"valued_{days}", _total(days) / pl.col(f"valued_{days}")),
    "distinct": lambda _, days: _when_any(f"distinct_{days}", pl.col(f"distinct_{days}")),
    "days_since_last": lambda plan, days: pl.when(pl.col("last") >= plan.edge(days)).then(_days_since("last", plan)),
    "days_since_first": lambda plan, _: _days_since("first", plan),
    "latest": lambda plan, days: pl.when(pl.col("latest_on") >= plan.edge(days)).then("latest"),
    "change": _change,
}
"""How each statistic is read from a row of `compute.summarise`: from the plan and the window in days."""
