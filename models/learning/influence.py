"""People whom a list reached: what would have come of them without support is not known, as of people who left."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.disk import read_parquet
from data_schemas.receipts import Snapshot
from models.learning import censoring

EMPTY = pl.DataFrame(
    schema={
        "person": pl.Int32, "listed": pl.Boolean, "listed_lately": pl.Boolean, "reached_in": pl.Int32, "reached_before": pl.Boolean,
        "seen_in": pl.Int32, "seen_before": pl.Boolean,
    }
)  # fmt: skip


def influence_of(snapshot: Snapshot, horizon_days: int) -> pl.DataFrame:
    """Whom lists touched around an as-of date (`pipeline.ledger.influence`); nobody where there is no ledger."""
    path = snapshot.folder.parents[1] / "influence" / f"{snapshot.as_of}-{horizon_days}.parquet"
    return read_parquet(path) if path.exists() else EMPTY


def unsupported(outcomes: pl.DataFrame, touched: pl.DataFrame) -> pl.DataFrame:
    """Outcomes as far as nobody had been reached, with `supported` and `stratum`.

    Somebody reached before the outcome came counts as having left that day, and somebody reached in the year before from the first:
    the support may lower what follows. Who was reached after the outcome keeps it.
    """
    told = outcomes.join(touched, on="person", how="left", maintain_order="left")
    flags = [pl.col(name).fill_null(value=False) for name in ("listed", "listed_lately", "reached_before")]
    first = pl.when(flags[2]).then(0).otherwise(pl.col("reached_in"))
    until = pl.when("event").then("days_to_event").otherwise("days_observed")
    supported = (first.is_not_null() & (first <= until)).fill_null(value=False)
    stratum = pl.when(flags[0]).then(2).when(flags[1]).then(1).otherwise(0)
    return told.with_columns(supported=supported, stratum=stratum, first=first).select(
        *(name for name in outcomes.columns if name not in ("event", "days_to_event", "days_observed", "left")),
        "supported",
        "stratum",
        event=pl.col("event") & ~pl.col("supported"),
        days_to_event=pl.when(~pl.col("supported")).then("days_to_event"),
        days_observed=pl.when("supported").then("first").otherwise("days_observed").cast(pl.Int32),
        left=pl.col("left") | pl.col("supported"),
    )


def weights(found: pl.DataFrame, horizon_days: int) -> NDArray[np.float64]:
    """Weight of everyone who was not reached, in row order of those not `supported`: one over the chance of it among people alike listed.

    Who is on the list of the as-of date is likelier to be reached than others: each stratum has its own chance of staying unreached.
    """
    weight: NDArray[np.float64] = np.ones(found.height)
    for stratum in found["stratum"].unique():
        rows = (found["stratum"] == stratum).to_numpy()
        some = found.filter(pl.col("stratum") == stratum).with_columns(left="supported")
        stays = np.flatnonzero(rows)[~some["supported"].to_numpy()]
        weight[stays] = censoring.weights(some, horizon_days)
    kept: NDArray[np.float64] = weight[~found["supported"].to_numpy()]
    return kept
