"""Works out outcomes for people whom a list reached. As for people who left, their outcome without support is not
known."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.disk import read_parquet
from data_schemas.receipts import Snapshot

EMPTY = pl.DataFrame(
    schema={
        "person": pl.Int32, "listed": pl.Boolean, "listed_lately": pl.Boolean, "reached_in": pl.Int32, "reached_before": pl.Boolean,
        "seen_in": pl.Int32, "seen_before": pl.Boolean, "risk": pl.Float64,
        "chosen": pl.String,
    }
)  # fmt: skip


def influence_of(snapshot: Snapshot, horizon_days: int) -> pl.DataFrame:
    """Read which people lists reached around an as-of date (`pipeline.ledger.influence`). Nobody if there is no ledger.

    A file from an earlier version may lack columns. They are then unknown for everybody.
    """
    path = snapshot.folder.parents[1] / "influence" / f"{snapshot.as_of}-{horizon_days}.parquet"
    if not path.exists():
        return EMPTY
    return pl.concat([EMPTY, read_parquet(path)], how="diagonal").select(EMPTY.columns)


def unsupported(outcomes: pl.DataFrame, touched: pl.DataFrame) -> pl.DataFrame:
    """Cut outcomes off on the day a person was reached. Adds `supported` and, for people reached in the window, `first`
    and `risk`.

    A person reached before the outcome counts as having left that day. A person reached in the year before counts as
    having left on the first day, because the support may lower their later risk. A person reached after the outcome
    keeps it.
    """
    joined = outcomes.join(touched, on="person", how="left", maintain_order="left")
    before = pl.col("reached_before").fill_null(value=False)
    first = pl.when(before).then(0).otherwise(pl.col("reached_in"))
    until = pl.when("event").then("days_to_event").otherwise("days_observed")
    supported = (first.is_not_null() & (first <= until)).fill_null(value=False)
    return joined.with_columns(supported=supported, first=first, before=before).select(
        *(name for name in outcomes.columns if name not in ("event", "days_to_event", "days_observed", "left")),
        "supported",
        "first",
        risk=pl.when(pl.col("supported") & ~pl.col("before")).then("risk"),
        event=pl.col("event") & ~pl.col("supported"),
        days_to_event=pl.when(~pl.col("supported")).then("days_to_event"),
        days_observed=pl.when("supported").then("first").otherwise("days_observed").cast(pl.Int32),
        left=pl.col("left") | pl.col("supported"),
    )


def expected_share(reached: pl.DataFrame, horizon_days: int) -> NDArray[np.float64]:
    """The chance of the event in the rest of the window for people reached, by the model that listed them. NaN for
    others.

    Leaving these people out would keep those whose event came before anybody called. This would make the risk of listed
    people look too high. The risk in the ledger is spread evenly over its window: after a share s of the window, 1 - (1
    - r)^(1 - s) of a risk r remains.
    """
    rest = 1 - pl.col("first") / horizon_days
    share = 1 - (1 - pl.col("risk")) ** rest
    return reached.select(share.cast(pl.Float64).fill_null(float("nan"))).to_series().to_numpy()
