"""From events to feature columns to one row a person and concept, in one pass: the same expressions on every engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
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


def seen(events: nw.LazyFrame[Any], wanted: nw.LazyFrame[Any], plan: Plan) -> nw.LazyFrame[Any]:
    """The wanted events that happened within the look-back and were known before the as-of date, with their `key`.

    There is no other road from events to features.
    """
    as_of, first = nw.lit(plan.as_of), nw.lit(plan.edge(plan.history_days))
    happened = nw.col("happened")
    before = events.filter((happened < as_of) & (nw.col("known") < as_of) & (happened >= first))
    numbered = before.with_columns(nw.col("concept").cast(nw.Int32))
    return numbered.join(wanted, on="concept", how="inner").select("person", "key", "happened", "value")


def summarise(rows: nw.LazyFrame[Any], plan: Plan) -> nw.LazyFrame[Any]:
    """One row a person and key of `seen` rows: counts and dates for all windows at once, then what only some keys need.

    Columns: `person, key, first, last, count_<days>, valued_<days>, total_<days>` (in steps), `latest, latest_on,
    earliest_<days>, distinct_<days>`, those that a feature needs.
    """
    happened = nw.col("happened")
    found = rows.group_by(*GROUP).agg(first=happened.min(), last=happened.max(), **_counts(plan))
    for extra in _second_looks(rows, plan):
        found = found.join(extra, on=GROUP, how="left")
    return found


def _within(plan: Plan, days: int) -> nw.Expr:
    return nw.col("happened") >= nw.lit(plan.edge(days))


def _counts(plan: Plan) -> dict[str, nw.Expr]:
    """Booleans are summed as integers, which every engine can."""
    windows = {*plan.windows("count", "ever", "trend"), *(days // 2 for days in plan.windows("trend"))}
    return {f"count_{days}": _within(plan, days).cast(nw.Int32).sum() for days in sorted(windows)}


def _second_looks(rows: nw.LazyFrame[Any], plan: Plan) -> Iterator[nw.LazyFrame[Any]]:
    """What is asked of the values of some keys only: sums, the values of the first and last dates, how many differ."""
    valued = rows.filter(~nw.col("value").is_null())
    if keys := plan.keys_of("total", "mean"):
        yield _of_keys(valued, keys).group_by(*GROUP).agg(**_sums(plan))
    if keys := plan.keys_of("latest", "change"):
        yield _value_on(_of_keys(valued, keys), nw.col("happened").max(), "latest")
    changing = _of_keys(valued, plan.keys_of("change"))
    for days in plan.windows("change"):
        yield _value_on(changing.filter(_within(plan, days)), nw.col("happened").min(), f"earliest_{days}")
    if keys := plan.keys_of("distinct"):
        yield _distinct(_of_keys(valued, keys), plan)


def _of_keys(rows: nw.LazyFrame[Any], keys: list[int]) -> nw.LazyFrame[Any]:
    return rows.filter(nw.col("key").is_in(keys))


def _sums(plan: Plan) -> dict[str, nw.Expr]:
    """Totals in whole steps, and how many values they are of."""
    value = nw.col("value").cast(nw.Float64).clip(-LARGEST, LARGEST)
    steps = (value * STEPS_PER_UNIT + 0.5).floor().cast(nw.Int64)
    sums = {}
    for days in plan.windows("total", "mean"):
        sums[f"total_{days}"] = nw.when(_within(plan, days)).then(steps).otherwise(nw.lit(0, nw.Int64)).sum()
        sums[f"valued_{days}"] = _within(plan, days).cast(nw.Int32).sum()
    return sums


def _value_on(valued: nw.LazyFrame[Any], date: nw.Expr, name: str) -> nw.LazyFrame[Any]:
    """The greatest value of the day that `date` picks, and the day: the greatest date, joined back, as Spark has no last()."""
    days = valued.group_by(*GROUP).agg(date.alias("happened"))
    on_the_day = valued.join(days, on=[*GROUP, "happened"], how="inner")
    return on_the_day.group_by(*GROUP).agg(
        nw.col("value").max().alias(name), nw.col("happened").max().alias(f"{name}_on")
    )


def _distinct(valued: nw.LazyFrame[Any], plan: Plan) -> nw.LazyFrame[Any]:
    each = valued.group_by(*GROUP, "value").agg(nw.col("happened").max())
    counts = {f"distinct_{days}": _within(plan, days).cast(nw.Int32).sum() for days in plan.windows("distinct")}
    return each.group_by(*GROUP).agg(**counts)
