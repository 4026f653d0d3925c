"""Emergency admissions month by month, with the limits of ordinary variation (statistical process control)."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass

import polars as pl

from data_schemas.hospital import UNPLANNED_METHODS
from pipeline import disclosure
from pipeline.publish.scored import Scored
from pipeline.spells import known_before, number_spells, summarise

MONTHS = 24
FEWEST_MONTHS = 12
"""Fewer points say nothing about ordinary variation."""
XMR = 2.66
"""Limits of an individuals chart: the mean, more and less 2.66 times the mean moving range (3 divided by 1.128)."""
RUN = 7
"""So many months in a row on one side of the mean are no chance (NHS England, Making Data Count)."""

_EVER = dt.date(9999, 12, 31)


@dataclass(frozen=True)
class Trend:
    """Emergency admissions per 1,000 people in each month, of protected counts."""

    months: tuple[dt.date, ...]
    rates: tuple[float, ...]
    mean: float
    low: float
    high: float

    @property
    def unusual(self) -> list[tuple[dt.date, str]]:
        """The months that stand out, and how."""
        outside = [
            (month, "above what is usual" if rate > self.high else "below what is usual")
            for month, rate in zip(self.months, self.rates, strict=True)
            if not self.low <= rate <= self.high
        ]
        return outside + self._shift()

    def _shift(self) -> list[tuple[dt.date, str]]:
        sides = [(rate > self.mean) - (rate < self.mean) for rate in self.rates[-RUN:]]
        if len(sides) == RUN and abs(sum(sides)) == RUN:
            return [(self.months[-RUN], f"since then {'above' if sides[0] > 0 else 'below'} the mean every month")]
        return []


def trends(scored: Scored) -> dict[str, Trend]:
    """By cluster code; a cluster with a hidden count in any month, or too few months, has none."""
    months = month_starts(scored.as_of)
    registrations, admissions = scored.table("registrations"), scored.table("admissions")
    if registrations.is_empty() or admissions.is_empty():
        return {}
    stays = _unplanned(admissions, scored.as_of)
    first = stays["admission_date"].min()
    months = [month for month in months if isinstance(first, dt.date) and month >= first]
    members = _memberships(scored, registrations)
    people, events = _people(members, months), _events(members, stays, months)
    found = {c.code: trend(months[:-1], people.get(c.code, {}), events.get(c.code, {})) for c in scored.clusters}
    return {code: each for code, each in found.items() if each}


def trend(months: list[dt.date], people: dict[dt.date, int], events: dict[dt.date, int]) -> Trend | None:
    """The individuals chart of one cluster, from its people and events by month."""
    protect = disclosure.protect
    rates = [disclosure.rate(protect(events.get(month, 0)), protect(people.get(month, 0))) for month in months]
    known = [rate for rate in rates if rate is not None]
    if len(known) < max(len(months), FEWEST_MONTHS):
        return None
    mean = sum(known) / len(known)
    moving = sum(abs(b - a) for a, b in itertools.pairwise(known)) / (len(known) - 1)
    return Trend(tuple(months), tuple(known), mean, max(0.0, mean - XMR * moving), mean + XMR * moving)


def month_starts(as_of: dt.date) -> list[dt.date]:
    """The first days of the last whole months before a day, and the first day after them."""
    last = as_of.year * 12 + as_of.month - 1
    return [dt.date(n // 12, n % 12 + 1, 1) for n in range(last - MONTHS, last + 1)]


def _unplanned(admissions: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    stays = summarise(number_spells(known_before(admissions, as_of)))
    return stays.filter(pl.col("admission_method").is_in(UNPLANNED_METHODS)).select("person", "admission_date")


def _memberships(scored: Scored, registrations: pl.DataFrame) -> pl.DataFrame:
    """`person, cluster_code, start, end`: half-open."""
    practices = scored.table("practices").select("practice_code", "cluster_code")
    ends = [name for name in ("registered_to", "death_date") if name in registrations.columns]
    end = pl.min_horizontal(pl.lit(_EVER), *ends)
    return registrations.join(practices, on="practice_code").select(
        "person", "cluster_code", start="registered_from", end=end
    )


def _people(members: pl.DataFrame, months: list[dt.date]) -> dict[str, dict[dt.date, int]]:
    found: dict[str, dict[dt.date, int]] = {}
    for month in months:
        here = members.filter(pl.col("start") <= month, pl.col("end") > month)
        for code, count in here.group_by("cluster_code").agg(pl.col("person").n_unique()).iter_rows():
            found.setdefault(code, {})[month] = count
    return found


def _events(members: pl.DataFrame, stays: pl.DataFrame, months: list[dt.date]) -> dict[str, dict[dt.date, int]]:
    if not months:
        return {}
    recent = stays.filter(pl.col("admission_date").is_between(months[0], months[-1], closed="left"))
    placed = (
        recent.join(members, on="person")
        .filter(pl.col("start") <= pl.col("admission_date"), pl.col("admission_date") <= pl.col("end"))
        .unique(["person", "admission_date", "cluster_code"])
    )
    counted = placed.group_by("cluster_code", pl.col("admission_date").dt.truncate("1mo").alias("month")).len()
    found: dict[str, dict[dt.date, int]] = {}
    for code, month, count in counted.iter_rows():
        found.setdefault(code, {})[month] = count
    return found
