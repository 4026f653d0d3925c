"""What the rows before say, in a frame sorted by group. Groups are small, so that Polars' windows take many times as
long."""

from __future__ import annotations

import polars as pl

_ROOM = 2**32
"""More than there are days."""


def before(value: pl.Expr, group: str) -> pl.Expr:
    """The value of the row before; null for the first row of a group."""
    return pl.when(pl.col(group) == pl.col(group).shift(1)).then(value.shift(1))


def latest_before(date: pl.Expr, group: str) -> pl.Expr:
    """The latest date of the rows before in the group, a number that grows; null for its first row.

    Each group's days lie above those of the group before, so that one running maximum serves all of them.
    """
    floor = pl.col(group).cast(pl.Int64) * _ROOM
    latest = (floor + date.to_physical().cast(pl.Int64)).cum_max()
    return (before(latest, group) - floor).cast(pl.Int32).cast(pl.Date)
