"""Reads a list's lottery as a trial: everyone who took part, from the day when the list was released."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Notice
from pipeline import disclosure
from pipeline.ledger import entries
from pipeline.programme.enrolled import Enrolled


def lottery(store: Path, people: pl.DataFrame) -> Enrolled:
    """Everyone in a recorded lottery, weighted by the inverse probability of their result. `people` is `person,
    person_id`.

    A person may take part in several months. Each counts, and the interval allows for the repeats.
    """
    drawn = entries.read(store, "lots")
    if drawn.is_empty():
        raise ConfigurationError(
            "store/ledger: no lottery is recorded; set [lists] lottery, and release the lists that it drew"
        )
    first = drawn.sort("released_on").unique(["person_id", "as_of"], keep="first", maintain_order=True)
    known = first.join(people, on="person_id")
    probability = pl.when("drawn").then(pl.col("probability")).otherwise(1 - pl.col("probability"))
    units = known.sort("released_on", "person").with_row_index("unit").select(
        pl.col("unit").cast(pl.Int64), "person", offered="drawn", start_date="released_on", weight=1 / probability,
        group=pl.col("person").cast(pl.Int64), probability="probability", risk_when_drawn="risk",
    )  # fmt: skip
    gone = first.height - known.height
    notices = (
        Notice(
            "lots_gone",
            f"{disclosure.shown(disclosure.protect(gone))} lots are of people who are no longer registered. They are left out.",
        ),
    )
    return Enrolled(units.drop("risk_when_drawn"), notices if gone else (), units.select("unit", "risk_when_drawn"))


def listed(store: Path, people: pl.DataFrame) -> pl.DataFrame:
    """`person, start_date`: the day of the first release that has the person on a main list. `people` is `person,
    person_id`.
    """
    rows = entries.read(store, "releases").filter(list="main")
    if rows.is_empty():
        raise ConfigurationError("store/ledger: no list has been released; the list itself cannot be evaluated yet")
    return (
        rows.group_by("person_id")
        .agg(start_date=pl.col("released_on").min())
        .join(people, on="person_id")
        .drop("person_id")
    )
