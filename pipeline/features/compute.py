"""From events to one row a person and concept, in one pass for all as-of dates: the same expressions on every engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import narwhals as nw
import polars as pl

from pipeline.concepts import Concepts
from pipeline.features.catalogue import Named

STEPS_PER_UNIT = 2**20
"""Values are summed as whole numbers of 1/2^20, so that the order of rows never shows in a total."""
LARGEST = float(2**28)
"""Values beyond ± this count as this in totals and means."""
GROUP = ["person", "key"]


@dataclass(frozen=True)
class Plan:
    """Which concepts are wanted, in which windows, for the features that are about events as of one date."""

    features: tuple[Named, ...]
    concept_ids: Mapping[str, int]
    as_of: dt.date
    history_days: int

    @cached_property
    def keys(self) -> dict[tuple[str, ...], int]:
        """Concepts taken together → their number in the long table."""
        return {key: n for n, key in enumerate(sorted({named.declared.concepts for named in self.features}))}

    @cached_property
    def wanted(self) -> pl.DataFrame:
        """`concept, key` pairs."""
        pairs = {(self.concept_ids[concept], key) for concepts, key in self.keys.items() for concept in concepts}
        columns = {"concept": pl.Int32, "key": pl.Int32}
        return pl.DataFrame(sorted(pairs), schema=columns, orient="row")

    def keys_of(self, *statistics: str) -> list[int]:
        """Keys that a feature of these statistics is about."""
        return sorted({self.keys[n.declared.concepts] for n in self.features if n.declared.statistic in statistics})

    def days(self, named: Named) -> int:
        """The feature's window, as far as the look-back reaches."""
        return min(named.declared.over or self.history_days, self.history_days)

    def windows(self, *statistics: str) -> list[int]:
        """Windows in days of the features of these statistics."""
        return sorted({self.days(named) for named in self.features if named.declared.statistic in statistics})

    def edge(self, days: int) -> dt.date:
        """First day of the window of `days` before the as-of date."""
        return self.as_of - dt.timedelta(days=days)


def plan(features: Iterable[Named], concepts: Concepts, as_of: dt.date, history_days: int) -> Plan:
    """What is to be computed for `as_of`: those of `features` that are about events."""
    about_events = tuple(named for named in features if named.declared.concepts)
    return Plan(about_events, concepts.ids, as_of, history_days)


def seen(
    events: nw.LazyFrame[Any], wanted: nw.LazyFrame[Any], plans: Sequence[Plan], told: int | None = None
) -> nw.LazyFrame[Any]:
    """The wanted events that one of the plans' dates may see, with their `key` and `seen@<n>`: whether the n-th does.

    A date sees what happened within its look-back and was known before it; events that are `told` to one of the dates are seen by no
    other. There is no other road from events to features. The plans differ in their as-of dates alone.
    """
    happened, known = nw.col("happened"), nw.col("known")
    last, first = max(plan.as_of for plan in plans), min(plan.edge(plan.history_days) for plan in plans)
    near = events.filter((happened < nw.lit(last)) & (known < nw.lit(last)) & (happened >= nw.lit(first)))
    joined = near.with_columns(nw.col("concept").cast(nw.Int32)).join(wanted, on="concept", how="inner")
    sees = {f"seen@{n}": _sees(plan) if told in (None, n) else nw.lit(value=False) for n, plan in enumerate(plans)}
    return joined.select("person", "key", "happened", "value", **sees)


def _sees(plan: Plan) -> nw.Expr:
    happened, as_of = nw.col("happened"), nw.lit(plan.as_of)
    return (happened < as_of) & (nw.col("known") < as_of) & (happened >= nw.lit(plan.edge(plan.history_days)))


def summarise(rows: nw.LazyFrame[Any], plans: Sequence[Plan]) -> nw.LazyFrame[Any]:
    """One row a person and key of `seen` rows: counts and dates for all windows of all dates at once, then what only some keys need.

    Columns: `person, key` and for the n-th plan `last@<n>, first@<n>, count_<days>@<n>, valued_<days>@<n>, total_<days>@<n>` (in
    steps), `latest@<n>, latest_on@<n>, earliest_<days>@<n>, earliest_<days>_on@<n>, distinct_<days>@<n>`, those that a feature needs.
    """
    found = rows.group_by(*GROUP).agg(**_of_all(plans, _dates_and_counts))
    for extra in _second_looks(rows, plans):
        found = found.join(extra, on=GROUP, how="left")
    return found


def columns_of(found: Sequence[str], n: int) -> dict[str, str]:
    """Columns of `summarise` that are about the n-th date, and their names without it."""
    return {name: name.removesuffix(f"@{n}") for name in found if name.endswith(f"@{n}")}


def _of_all(plans: Sequence[Plan], of_one: Callable[[Plan, nw.Expr], dict[str, nw.Expr]]) -> dict[str, nw.Expr]:
    """The same aggregates for every date: `of_one` gets a plan and which rows its date sees."""
    return {
        f"{name}@{n}": aggregate
        for n, plan in enumerate(plans)
        for name, aggregate in of_one(plan, nw.col(f"seen@{n}")).items()
    }


def _within(plan: Plan, days: int) -> nw.Expr:
    return nw.col("happened") >= nw.lit(plan.edge(days))


def _dates_and_counts(plan: Plan, is_seen: nw.Expr) -> dict[str, nw.Expr]:
    """Booleans are summed as integers, which every engine can."""
    windows = {*plan.windows("count", "ever", "trend"), *(days // 2 for days in plan.windows("trend"))}
    counts = {f"count_{days}": (is_seen & _within(plan, days)).cast(nw.Int32).sum() for days in sorted(windows)}
    found: dict[str, nw.Expr] = {"last": _last(plan, is_seen), **counts}
    if plan.keys_of("days_since_first"):
        found["first"] = nw.when(is_seen).then(nw.col("happened")).min()
    return found


def _second_looks(rows: nw.LazyFrame[Any], plans: Sequence[Plan]) -> Iterator[nw.LazyFrame[Any]]:
    """What is asked of the values of some keys only: sums, the values of the first and last dates, how many differ."""
    plan = plans[0]
    valued = rows.filter(~nw.col("value").is_null())
    if keys := plan.keys_of("total", "mean"):
        yield _of_keys(valued, keys).group_by(*GROUP).agg(**_of_all(plans, _sums))
    if keys := plan.keys_of("latest", "change"):
        yield _value_on(_of_keys(valued, keys), plans, "latest", _last)
    changing = _of_keys(valued, plan.keys_of("change"))
    for days in plan.windows("change"):
        yield _value_on(changing, plans, f"earliest_{days}", partial(_first_within, days))
    if keys := plan.keys_of("distinct"):
        yield _distinct(_of_keys(valued, keys), plans)


def _of_keys(rows: nw.LazyFrame[Any], keys: list[int]) -> nw.LazyFrame[Any]:
    return rows.filter(nw.col("key").is_in(keys))


def _sums(plan: Plan, is_seen: nw.Expr) -> dict[str, nw.Expr]:
    """Totals in whole steps, and how many values they are of."""
    value = nw.col("value").cast(nw.Float64).clip(-LARGEST, LARGEST)
    steps = (value * STEPS_PER_UNIT + 0.5).floor().cast(nw.Int64)
    sums = {}
    for days in plan.windows("total", "mean"):
        counts = is_seen & _within(plan, days)
        sums[f"total_{days}"] = nw.when(counts).then(steps).otherwise(nw.lit(0, nw.Int64)).sum()
        sums[f"valued_{days}"] = counts.cast(nw.Int32).sum()
    return sums


def _last(_plan: Plan, is_seen: nw.Expr) -> nw.Expr:
    return nw.when(is_seen).then(nw.col("happened")).max()


def _first_within(days: int, plan: Plan, is_seen: nw.Expr) -> nw.Expr:
    return nw.when(is_seen & _within(plan, days)).then(nw.col("happened")).min()


def _value_on(
    valued: nw.LazyFrame[Any], plans: Sequence[Plan], name: str, day: Callable[[Plan, nw.Expr], nw.Expr]
) -> nw.LazyFrame[Any]:
    """The greatest value seen of the day that `day` picks, and the day: joined back, as Spark has no last(order_by=…)."""
    days = valued.group_by(*GROUP).agg(**_of_all(plans, lambda plan, is_seen: {f"{name}_on": day(plan, is_seen)}))
    found: dict[str, nw.Expr] = {}
    for n in range(len(plans)):
        on = nw.col(f"{name}_on@{n}")
        found[f"{name}@{n}"] = nw.when(nw.col(f"seen@{n}") & (nw.col("happened") == on)).then(nw.col("value")).max()
        found[f"{name}_on@{n}"] = on.max()
    return valued.join(days, on=GROUP, how="inner").group_by(*GROUP).agg(**found)


def _distinct(valued: nw.LazyFrame[Any], plans: Sequence[Plan]) -> nw.LazyFrame[Any]:
    each = valued.group_by(*GROUP, "value").agg(**_of_all(plans, lambda plan, is_seen: {"on": _last(plan, is_seen)}))
    counts = {
        f"distinct_{days}@{n}": (nw.col(f"on@{n}") >= nw.lit(plan.edge(days))).cast(nw.Int32).sum()
        for n, plan in enumerate(plans)
        for days in plan.windows("distinct")
    }
    return each.group_by(*GROUP).agg(**counts)
