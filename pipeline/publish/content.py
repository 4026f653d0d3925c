"""What a cluster's list says: one content object, which every renderer turns into bytes without adding to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from pipeline.publish import words
from pipeline.publish.reasons import REASONS
from pipeline.publish.scored import HIGHEST_FIRST, Cluster, Scored, age_words, sex_words

COLUMNS = {
    "rank": "Rank",
    "person_id": "Person (pseudonym)",
    "practice_code": "Practice",
    "practice_name": "Practice name",
    "age_band": "Age",
    "sex": "Sex",
    "risk": "Risk",
    "chance": "Risk in words",
    "band": "Band",
    **{f"reason_{n + 1}": f"Reason {n + 1}" for n in range(REASONS)},
}
"""The columns of a list and their headings."""


@dataclass(frozen=True)
class RiskList:
    """One cluster's list."""

    site: str
    cluster: Cluster
    as_of: dt.date
    predicts: str
    """`an unplanned hospital stay in the next 12 months`."""
    model_version: str
    rows: pl.DataFrame
    """Columns of COLUMNS, highest risk first."""


def main_list(scored: Scored) -> pl.DataFrame:
    """The people on the clusters' lists: as many of each cluster, highest risk first, as it has places."""
    places = {cluster.code: cluster.places for cluster in scored.clusters}
    allowed = pl.col("cluster_code").replace_strict(places, default=0, return_dtype=pl.Int32)
    return scored.people.filter(pl.col("rank_in_cluster") <= allowed)


def risk_lists(scored: Scored, reasons: pl.DataFrame) -> list[RiskList]:
    """Every cluster's list, by cluster code; `reasons` has person and reason_1 to reason_3 of those listed."""
    rows = main_list(scored).join(reasons, on="person", how="left").sort(HIGHEST_FIRST, descending=[True, False])
    predicts = f"{words.outcome(scored.outcome)} in {words.horizon(scored.horizon_days)}"
    return [
        RiskList(scored.site, cluster, scored.as_of, predicts, scored.model_version, _rows(scored, rows, cluster))
        for cluster in scored.clusters
    ]


def _rows(scored: Scored, listed: pl.DataFrame, cluster: Cluster) -> pl.DataFrame:
    names = scored.practice_names
    here = listed.filter(pl.col("cluster_code") == cluster.code)
    return here.with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
        practice_name=pl.col("practice_code").replace_strict(names, default="", return_dtype=pl.String),
        age_band=age_words(),
        sex=sex_words(),
        chance=pl.Series([words.chance(risk) for risk in here["risk"]], dtype=pl.String),
    ).select(*COLUMNS)
