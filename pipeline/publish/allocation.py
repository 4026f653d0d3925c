"""Compares places with need: what a list is expected to reach, and whether places are where the need is."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data_schemas.disk import scan_parquet
from pipeline.publish.scored import HIGHEST_FIRST, Scored

TEN_MORE = 10
FLOOR = 0.5
"""Share of a cluster's places by population that it keeps in a fair allocation."""


@dataclass(frozen=True)
class Reach:
    """What the main list of one or all clusters is expected to reach. Events are sums of calibrated risks."""

    places: int
    listed: int
    expected: float
    """People expected to have the outcome, on the list or not."""
    reached: float
    """The expected number of them on the list."""
    ten_more: float | None
    """How many more events ten further places would reach. None if fewer than ten people are waiting."""
    last_risk: float | None
    """The mean risk of the last ten people on the list. The lower it is, the further down the list reaches. None for a
    shorter list.
    """
    fair_places: int
    """The places that the cluster would get in a fair allocation (`fair_places`)."""
    bed_days: float | None = None
    """Expected unplanned days in hospital of all people on the list together."""

    @property
    def ppv(self) -> float:
        """Of those listed, the share expected to have the outcome."""
        return self.reached / self.listed if self.listed else 0.0

    @property
    def missed(self) -> float:
        return self.expected - self.reached


def reach(scored: Scored, main: pl.DataFrame) -> dict[str, Reach]:
    """Cluster code → what its list is expected to reach. `main` is the people on the main lists."""
    fair, days = fair_places(scored), _bed_days(scored, main)
    everyone = scored.people.select("person", "person_id", "cluster_code", "risk")
    off = pl.col("person_id").is_in(sorted(scored.resting | scored.looked_after))
    waiting = everyone.filter(~off).join(main, on="person", how="anti")
    return {
        c.code: _reach(c.places, fair[c.code], days, *(_of(c.code, people) for people in (everyone, main, waiting)))
        for c in scored.clusters
    }


def _of(code: str, people: pl.DataFrame) -> pl.DataFrame:
    return people.filter(pl.col("cluster_code") == code)


def fair_places(scored: Scored) -> dict[str, int]:
    """Divide all places in the borough again: half by population, the rest to the highest risks wherever they live."""
    total, people = sum(c.places for c in scored.clusters), sum(c.people for c in scored.clusters)
    floor = {c.code: int(FLOOR * total * c.people / people) for c in scored.clusters}
    placed = scored.people.select("cluster_code", "person_id", "risk", "rank_in_cluster").drop_nulls("cluster_code")
    beyond = placed.filter(
        pl.col("rank_in_cluster") > pl.col("cluster_code").replace_strict(floor, return_dtype=pl.Int32)
    )
    rest = beyond.sort(HIGHEST_FIRST, descending=[True, False]).head(total - sum(floor.values()))
    more = dict(rest.group_by("cluster_code").len().iter_rows())
    return {code: places + more.get(code, 0) for code, places in floor.items()}


def _reach(
    places: int,
    fair: int,
    days: pl.DataFrame | None,
    everyone: pl.DataFrame,
    listed: pl.DataFrame,
    waiting: pl.DataFrame,
) -> Reach:
    last = _of_ten(listed["risk"].sort(descending=True).tail(TEN_MORE))
    return Reach(
        places=places,
        listed=listed.height,
        expected=float(everyone["risk"].sum()),
        reached=float(listed["risk"].sum()),
        ten_more=_of_ten(waiting["risk"].sort(descending=True).head(TEN_MORE)),
        last_risk=None if last is None else last / TEN_MORE,
        fair_places=fair,
        bed_days=None if days is None else float(days.join(listed, on="person", how="semi")["expected_bed_days"].sum()),
    )


def _of_ten(risks: pl.Series) -> float | None:
    """The sum of ten people's risks. None for fewer, because it would reveal too much."""
    return float(risks.sum()) if len(risks) == TEN_MORE else None


def _bed_days(scored: Scored, main: pl.DataFrame) -> pl.DataFrame | None:
    """`person, expected_bed_days` of the people on the main lists."""
    if scored.bed_days is None:
        return None
    return scan_parquet(scored.bed_days).filter(pl.col("person").is_in(main["person"].implode())).collect()
