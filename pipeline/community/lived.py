"""Finds where people were registered: on a day, and when something happened to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from pipeline.community.indicators import Year
from pipeline.community.records import Records
from pipeline.community.xmr import month_starts

Counted = Mapping[dt.date, pl.DataFrame]
"""Day → `cluster_code, birth_month, count` of the people registered on it, and for the middle days of years also
`imd_decile` and `sex`."""


def age_on(day: pl.Expr) -> pl.Expr:
    """Age on a day in whole years, from the month of birth."""
    birth = pl.col("birth_month")
    later_in_year = (birth.dt.month() > day.dt.month()).cast(pl.Int32)
    return (day.dt.year() - birth.dt.year() - later_in_year).cast(pl.Int32)


def covering(members: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Each person's registration that covers a day; the newest if there are several. `members` are sorted by both."""
    there = members.filter(pl.col("start") <= day, pl.col("end") > day)
    return there.filter((pl.col("person") != pl.col("person").shift(-1)).fill_null(value=True))


def placed_at(events: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Each event with the person's registration on that day (a death on the last day counts), in order of days. Other
    events are left out.
    """
    joined = events.with_row_index("event").join(members, on="person")
    inside = joined.filter(pl.col("start") <= pl.col("day"), pl.col("day") <= pl.col("end"))
    return inside.sort("event", "start").unique("event", keep="last", maintain_order=True).sort("day", "event")


def people_by_month(records: Records) -> Counted:
    """People of each birth month in a cluster on the first day of each of the last 24 whole months."""
    placed = records.members.drop_nulls("cluster_code")
    return {
        month: covering(placed, month).group_by("cluster_code", "birth_month").agg(count=pl.len())
        for month in month_starts(records.day)
    }


def people_by_year(records: Records) -> Counted:
    """People of each sex and birth month in a cluster and tenth of deprivation on the middle day of this year and the
    year before.
    """
    keys = ("cluster_code", "imd_decile", "sex", "birth_month")
    middles = (Year(records.day).middle, Year(records.day).before.middle)
    return {day: covering(records.members, day).group_by(keys).agg(count=pl.len()) for day in middles}
