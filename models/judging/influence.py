"""Compares observed/expected of people whom lists reached and did not reach. It shows how support affects the
figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.receipts import Snapshot, TrainingPlan
from models.judging.figures import GroupResult, Interval
from models.judging.record import Influence
from models.learning import known_outcomes
from models.learning.estimators import RiskModel
from models.learning.influence import influence_of
from models.metrics import Array

NEVER, LISTED, SEEN = "never listed", "listed, not reached", "seen"
GROUPS = (NEVER, LISTED, SEEN)
CHOSEN = {"model": "chosen by the model", "team": "added by the team", "taken off": "taken off by the team"}
"""Who put a person on a list or took them off it (`pipeline.ledger.influence`), in words."""
SOON_DAYS = 92
"""A person on the list of the as-of date counts as seen if this happened within this time."""
Z = 1.959963984540054


def by_influence(model: RiskModel, snapshots: Sequence[Snapshot], plan: TrainingPlan) -> Influence | None:
    """Observed/expected of each group on the test dates, with everybody's own outcome. None if no list has reached
    anybody.

    Groups use only what was true at the as-of date, including its list, because later events in the window may follow
    from the outcome.
    """
    touched = [influence_of(snapshot, plan.horizon_days) for snapshot in snapshots]
    if not any(each.height for each in touched):
        return None
    parts = [_rows(model, snapshot, plan, each) for snapshot, each in zip(snapshots, touched, strict=True)]
    rows = pl.concat(parts).filter(pl.col("group") != "")
    if rows["group"].n_unique() < 2:  # noqa: PLR2004 - somebody was touched, somebody not
        return None
    ratios = {name: observed_expected(rows.filter(group=name)) for name in GROUPS}
    return Influence(
        groups=[_group(name, rows.filter(group=name), ratios[name]) for name in GROUPS],
        ratio=ratio(ratios[SEEN], ratios[NEVER]),
        chosen=_by_who_chose(pl.concat(parts)),
    )


def _by_who_chose(rows: pl.DataFrame) -> list[GroupResult]:
    """Observed/expected by who chose a person for the list; only groups with people."""
    parts = {words: rows.filter(chosen=name) for name, words in CHOSEN.items()}
    return [_group(words, part, observed_expected(part)) for words, part in parts.items() if part.height]


def _rows(model: RiskModel, snapshot: Snapshot, plan: TrainingPlan, touched: pl.DataFrame) -> pl.DataFrame:
    """`person, y, p, group, chosen` of everybody whose outcome is known at one date."""
    from models.score import risks

    known = known_outcomes.outcomes(snapshot, plan.outcome, plan.horizon_days).filter(~pl.col("left"))
    person = known["person"].to_numpy().astype(np.int32)
    rows = known.select("person", "event").join(touched, on="person", how="left", maintain_order="left")
    return rows.select(
        "person",
        y=pl.col("event").cast(pl.Float64),
        p=pl.Series(risks(model, snapshot, person)),
        group=_named(),
        chosen="chosen",
    )


def _named() -> pl.Expr:
    """The group of a row. It is empty for people reached but not seen."""
    listed, lately, reached = (
        pl.col(name).fill_null(value=False) for name in ("listed", "listed_lately", "reached_before")
    )
    soon = listed & (pl.col("seen_in") < SOON_DAYS).fill_null(value=False)
    reached_soon = listed & (pl.col("reached_in") < SOON_DAYS).fill_null(value=False)
    return (
        pl.when(soon | pl.col("seen_before").fill_null(value=False))
        .then(pl.lit(SEEN))
        .when((listed | lately) & ~reached & ~reached_soon)
        .then(pl.lit(LISTED))
        .when(~listed & ~lately & ~reached)
        .then(pl.lit(NEVER))
        .otherwise(pl.lit(""))
    )


def observed_expected(rows: pl.DataFrame) -> Interval:
    """Observed over expected events with a 95% interval on the log scale, keeping a person's rows together."""
    events, expected = float(rows["y"].sum()), float(rows["p"].sum())
    if not events or not expected:
        return Interval()
    value = events / expected
    apart = rows.group_by("person").agg(gap=(pl.col("y") - value * pl.col("p")).sum())["gap"].to_numpy()
    spread = Z * _size(apart) / events
    return Interval(value, value * math.exp(-spread), value * math.exp(spread))


def _size(values: Array | NDArray[np.float64]) -> float:
    return float(np.sqrt((values**2).sum()))


def ratio(first: Interval, second: Interval) -> Interval:
    """Ratio of the observed/expected of two sets of people."""
    if not (first.bounded and second.bounded):
        return Interval()
    spread = math.hypot(*(math.log(one.high / one.value) for one in (first, second)))
    value = first.value / second.value
    return Interval(value, value * math.exp(-spread), value * math.exp(spread))


def _group(name: str, rows: pl.DataFrame, figure: Interval) -> GroupResult:
    return GroupResult(
        group="influence", value=name, n=rows.height, events=int(rows["y"].sum()), observed_expected=figure
    )
