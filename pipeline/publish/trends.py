"""Works out emergency admissions month by month, with the limits of ordinary variation (statistical process
control).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from data_schemas.disk import scan_parquet
from data_schemas.hospital import UNPLANNED_METHODS
from pipeline.buckets import in_buckets, rows_of
from pipeline.community.xmr import Trend, month_starts, trend
from pipeline.publish.scored import Scored
from pipeline.spells import known_before, number_spells, summarise

_EVER = dt.date(9999, 12, 31)


def trends(scored: Scored) -> dict[str, Trend]:
    """Cluster code → its trend. A cluster with a hidden count in any month, or too few months, is left out."""
    months = month_starts(scored.as_of)
    registrations, admissions = (scored.tables / f"{name}.parquet" for name in ("registrations", "admissions"))
    if not registrations.exists() or not admissions.exists():
        return {}
    buckets = len(scored.parts)
    parts = in_buckets(lambda bucket: _unplanned(rows_of(admissions, bucket, buckets), scored.as_of), buckets)
    stays = pl.concat(parts)
    first = stays["admission_date"].min()
    months = [month for month in months if isinstance(first, dt.date) and month >= first]
    members = _memberships(scored, registrations)
    people, events = _people(members, months), _events(members, stays, months)
    by_place = {c.code: trend(months[:-1], people.get(c.code, {}), events.get(c.code, {})) for c in scored.clusters}
    return {code: each for code, each in by_place.items() if each}


def _unplanned(admissions: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    stays = summarise(number_spells(known_before(admissions, as_of)))
    return stays.filter(pl.col("admission_method").is_in(UNPLANNED_METHODS)).select("person", "admission_date")


def _memberships(scored: Scored, registrations: Path) -> pl.DataFrame:
    """`person, cluster_code, start, end` of each registration, as half-open periods."""
    practices = (
        scored.table("practices")
        .lazy()
        .select("practice_code", cluster_code=pl.col("cluster_code").cast(pl.Categorical))
        .unique("practice_code", keep="first", maintain_order=True)
    )
    rows = scan_parquet(registrations)
    ends = [name for name in ("registered_to", "death_date") if name in rows.collect_schema()]
    end = pl.min_horizontal(pl.lit(_EVER), *ends)
    placed = rows.join(practices, on="practice_code")
    return placed.select("person", "cluster_code", start="registered_from", end=end).collect()


def _people(members: pl.DataFrame, months: list[dt.date]) -> dict[str, dict[dt.date, int]]:
    counts: dict[str, dict[dt.date, int]] = {}
    for month in months:
        here = members.filter(pl.col("start") <= month, pl.col("end") > month)
        for code, count in here.group_by("cluster_code").agg(pl.col("person").n_unique()).iter_rows():
            counts.setdefault(code, {})[month] = count
    return counts


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
    counts: dict[str, dict[dt.date, int]] = {}
    for code, month, count in counted.iter_rows():
        counts.setdefault(code, {})[month] = count
    return counts
