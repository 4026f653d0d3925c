"""Chooses who gets the places of a cluster's main list: people added by the team, the highest risks, and a recorded
lottery for the last places.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.ledger.entries import LOT, RANK, TEAM
from pipeline.publish.scored import Scored

WHO = ("person", "person_id", "cluster_code", "rank_in_cluster", "risk")
STRATUM = 10
"""Size of a group of people with similar risk in the lottery. Half of each group get a place."""


def placed(scored: Scored) -> pl.DataFrame:
    """Everyone who may be listed, highest risk first: WHO, `places` of the cluster, `main`, `chosen`, `probability` and
    `stratum`.

    People whose outcome keeps them off lists for a while are left out. So are people looked after elsewhere, unless the
    team added them. `chosen` is empty for people off the main list. `probability` and `stratum` are filled for everyone
    in the lottery, drawn or not.
    """
    capacity = {cluster.code: cluster.places for cluster in scored.clusters}
    places = pl.col("cluster_code").replace_strict(capacity, default=0, return_dtype=pl.Int32)
    off = sorted(scored.resting | (scored.looked_after - set(scored.history.added)))
    available = scored.people.select(WHO).filter(~pl.col("person_id").is_in(off))
    everyone = available.with_columns(places=places, added=pl.col("person_id").is_in(sorted(scored.history.added)))
    # People added by the team come first and take up places.
    order = pl.when(~pl.col("added")).then(1).cum_sum().over("cluster_code")
    ranked = everyone.with_columns(order=order, free=pl.col("places") - pl.col("added").sum().over("cluster_code"))
    drawn = ranked.join(_lottery(scored, ranked), on="person", how="left", maintain_order="left")
    in_lottery = pl.col("stratum").is_not_null()
    by_rank = (pl.col("order") <= pl.col("free")) & ~in_lottery
    chosen = (
        pl.when("added").then(pl.lit(TEAM)).when(by_rank).then(pl.lit(RANK)).when(pl.col("drawn")).then(pl.lit(LOT))
    )
    placed = drawn.with_columns(chosen=pl.when(pl.col("cluster_code").is_not_null()).then(chosen))
    return placed.with_columns(main=pl.col("chosen").is_not_null()).drop("added", "order", "free", "drawn")


def _lottery(scored: Scored, ranked: pl.DataFrame) -> pl.DataFrame:
    """`person, stratum, probability, drawn` of everyone in a lottery: the last places of each list and as many people
    just below.

    Pseudo-random numbers come from the site's seed, the as-of date and the cluster, so that anybody can repeat the
    draw.
    """
    share = pl.when(~pl.col("added")).then(scored.lottery * pl.col("places")).round()
    below = pl.col("order").max().over("cluster_code") - pl.col("free")
    size = pl.min_horizontal(share, below, "free").clip(0)
    zone = pl.col("order").is_between(pl.col("free") - size + 1, pl.col("free") + size)
    entered = ranked.filter(pl.col("cluster_code").is_not_null() & zone).select("person", "cluster_code", "order")
    parts = [
        _draw(scored, code, entered.filter(cluster_code=code)) for code in sorted(entered["cluster_code"].unique())
    ]
    return pl.concat([_NO_LOTTERY, *parts])


_NO_LOTTERY = pl.DataFrame(
    schema={"person": pl.Int32, "stratum": pl.String, "probability": pl.Float64, "drawn": pl.Boolean}
)


def _draw(scored: Scored, code: str, entered: pl.DataFrame) -> pl.DataFrame:
    """Draw half of each stratum of people with similar risk. Strata have even numbers of people."""
    rng = np.random.default_rng([scored.seed, scored.as_of.toordinal(), *code.encode()])
    people = entered.sort("order")
    stratum = np.arange(people.height) // STRATUM
    lot = rng.random(people.height)
    order = np.lexsort([lot, stratum])
    place = np.empty(people.height, int)
    place[order] = np.arange(people.height)
    sizes = np.bincount(stratum, minlength=stratum.max() + 1 if people.height else 0)
    drawn = place - stratum * STRATUM < sizes[stratum] // 2
    names = pl.Series([f"{code}-{number + 1}" for number in stratum], dtype=pl.String)
    return people.select("person", stratum=names, probability=pl.lit(0.5), drawn=pl.Series(drawn))


def lots(scored: Scored) -> pl.DataFrame:
    """Everyone in the lottery of this run: `person_id, cluster_code, stratum, probability, drawn, risk`."""
    return placed(scored).filter(pl.col("stratum").is_not_null()).select(
        "person_id", "cluster_code", "stratum", "probability", drawn=pl.col("chosen") == LOT, risk="risk"
    )  # fmt: skip
