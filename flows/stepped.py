"""Evaluates a stepped roll-out: rates by cluster and month, before and after each cluster's start."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from data_schemas.receipts import Notice
from flows.studies import Asked, outcomes_of

if TYPE_CHECKING:
    from models.impact.effects import Array, Effect
    from models.impact.judge import Judged
    from pipeline.programme.records import Records

MEASURE = "rate_difference_per_100_person_years"
MONTHS_BEFORE = 12
PER = 100.0


@dataclass(frozen=True)
class Rollout:
    """When each cluster started, and the months that are analysed."""

    starts: dict[str, dt.date | None]
    first: dt.date
    last: dt.date

    @property
    def periods(self) -> list[dt.date]:
        return pl.date_range(self.first, self.last, "1mo", closed="left", eager=True).to_list()

    @property
    def places(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The period in which each cluster started, in order. If it never started, one beyond the last."""
        at = {month: place for place, month in enumerate(self.periods)}
        never = len(self.periods)
        return np.array([at.get(self.starts[code] or dt.date.max, never) for code in sorted(self.starts)], np.int64)


def rollout_of(began: pl.DataFrame, known: Records) -> Rollout:
    """Find the roll-out of a programme from the days on which it began for people. It covers a year before the first
    start to the end of the data."""
    from pipeline.programme.cluster_months import cluster_starts

    starts = cluster_starts(began, known)
    begun = min(day for day in starts.values() if day is not None)
    data = (known.first_day + dt.timedelta(days=31)).replace(day=1)
    return Rollout(starts, max(data, _months_before(begun, MONTHS_BEFORE)), known.end.replace(day=1))


def _months_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, 1)


def rates(known: Records, outcome: str, rollout: Rollout) -> tuple[Array, pl.DataFrame]:
    """Events per 100 person-years by cluster and month, and the cells they come from."""
    from pipeline.programme.cluster_months import panel

    cells = panel(known, outcome, rollout.first, rollout.last)
    rates = cells.with_columns(rate=PER * pl.col("events") / pl.col("years"))
    wide = rates.pivot("month", index="cluster_code", values="rate", sort_columns=True).sort("cluster_code")
    return wide.drop("cluster_code").fill_null(0.0).to_numpy(), cells


def judged(asked: Asked, known: Records, rollout: Rollout, negative: tuple[str, ...]) -> tuple[Judged, list[Notice]]:
    """Work out the results of the roll-out, for every outcome over the same months."""
    from models.impact.effects import before_after
    from models.impact.judge import Judged

    names = outcomes_of(asked, known)
    effects = {name: effect(*rates(known, name, rollout), rollout) for name in (*names, *negative)}
    y, cells = rates(known, asked.outcome, rollout)
    exposed = cells.with_columns(exposed=_exposed(rollout))
    sides = [exposed.filter(pl.col("exposed") == arm) for arm in (True, False)]
    headline = effects[asked.outcome]
    result = Judged(
        headline=headline,
        adjusted=headline,
        measure=MEASURE,
        outcomes={name: (MEASURE, effects[name]) for name in names},
        negative_controls={name: effects[name] for name in negative},
        balance=[],
        before_after=before_after(*_around(y / PER, rollout)),
        n=tuple(_people(side) for side in sides),
        years=tuple(float(side["years"].sum()) for side in sides),
        events={name: _events(known, name, rollout) for name in effects},
    )
    started = sum(day is not None for day in rollout.starts.values())
    detail = (
        f"{started} of {len(rollout.starts)} clusters started, over {len(rollout.periods)} months. The interval assumes that the order"
        " of the starts was drawn by lot. If people chose it, read it with care."
    )
    return result, [Notice("order_of_starts", detail)]


def effect(y: Array, cells: pl.DataFrame, rollout: Rollout) -> Effect:
    """The effect on a rate, with the rate after the start and the rate expected without the programme."""
    from models.impact.effects import Effect
    from models.impact.stepped import analyse

    estimate = analyse(y, rollout.places)
    after = cells.filter(_exposed(rollout))
    rate = PER * float(after["events"].sum()) / max(float(after["years"].sum()), 1e-9)
    other = rate - estimate.effect
    ratio = [
        (other + value) / other if other > 0 and other + value > 0 else float("nan")
        for value in (estimate.effect, estimate.low, estimate.high)
    ]
    return Effect(rate, other, estimate.effect, estimate.low, estimate.high, *ratio)


def _exposed(rollout: Rollout) -> pl.Expr:
    """Whether a cell belongs to a cluster that had started."""
    starts = {code: day or dt.date.max for code, day in rollout.starts.items()}
    return pl.col("month") >= pl.col("cluster_code").replace_strict(starts, return_dtype=pl.Date)


def _around(y: Array, rollout: Rollout) -> tuple[Array, Array]:
    """Events per person in the year before and the year after each cluster's start."""
    before, after = [], []
    for row, place in zip(y, rollout.places, strict=True):
        if MONTHS_BEFORE <= place <= len(row) - MONTHS_BEFORE:
            before.append(row[place - MONTHS_BEFORE : place].mean())
            after.append(row[place : place + MONTHS_BEFORE].mean())
    return np.array(before), np.array(after)


def _people(side: pl.DataFrame) -> int:
    """People registered in the clusters of one side, each cluster at its largest."""
    return int(side.group_by("cluster_code").agg(pl.col("people").max())["people"].sum())


def _events(known: Records, name: str, rollout: Rollout) -> tuple[float, float]:
    cells = rates(known, name, rollout)[1].with_columns(exposed=_exposed(rollout))
    offered, control = (float(cells.filter(pl.col("exposed") == arm)["events"].sum()) for arm in (True, False))
    return offered, control
