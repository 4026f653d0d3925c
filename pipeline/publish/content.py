"""What a cluster's list says: one content object, which every renderer turns into bytes without adding to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from pipeline import words
from pipeline.publish.reasons import REASONS
from pipeline.publish.scored import HIGHEST_FIRST, Cluster, Scored, age_words, sex_words
from pipeline.publish.segments import in_words
from pipeline.publish.strengths import STRENGTHS
from pipeline.release.feedback import HEADINGS

OFFERS = 3

COLUMNS = {
    "rank": "Rank",
    "person_id": HEADINGS["person_id"],
    "practice_code": "Practice",
    "practice_name": "Practice name",
    "age_band": "Age",
    "sex": "Sex",
    "risk": "Risk",
    "chance": "Risk in words",
    "band": "Band",
    "lists": "Lists",
    "segment": "First list",
    "months": "On the list",
    "contact": "Last contact",
    "change": "Change",
    **{f"reason_{n + 1}": f"Reason {n + 1}" for n in range(REASONS)},
    **{f"strength_{n + 1}": f"Strength {n + 1}" for n in range(STRENGTHS)},
    "prompt_1": "Ask first",
    "prompt_2": "Then ask",
    **{f"offer_{n + 1}": f"Offer nearby {n + 1}" for n in range(OFFERS)},
}
"""The columns of a list and their headings."""


@dataclass(frozen=True)
class Edition:
    """Which of several lists of one as-of date this is."""

    number: int = 1
    replaces: str = ""
    """`edition 1, delivered on 3 April 2026`; empty of the first."""
    joined: tuple[str, ...] = ()
    """Pseudonyms on the main list that were not on the edition that it replaces."""
    left: tuple[str, ...] = ()
    """And those that are no longer on it, without people who died, moved or opted out."""

    def __str__(self) -> str:
        return f"Edition {self.number}"


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
    """The main list, with the columns of COLUMNS, highest risk first."""
    others: pl.DataFrame
    """The same of those whom only the lists beside the main one bring."""
    edition: Edition = field(default=Edition(), kw_only=True)
    segments_in_words: list[tuple[str, str]] = field(default_factory=list, kw_only=True)
    """Every list beside the main one, and who is on it."""


def risk_lists(scored: Scored, selected: pl.DataFrame, details: pl.DataFrame) -> list[RiskList]:
    """Every cluster's list, by cluster code, of the `selected` people (`segments.selected`) and what is said of them."""
    said = selected.join(details, on="person", how="left").sort(HIGHEST_FIRST, descending=[True, False])
    predicts = f"{words.outcome(scored.outcome)} in {words.horizon(scored.horizon_days)}"
    return [
        RiskList(
            scored.site,
            cluster,
            scored.as_of,
            predicts,
            scored.model_version,
            *(
                _rows(scored, said.filter(pl.col("cluster_code") == cluster.code, on_main))
                for on_main in (pl.col("main"), ~pl.col("main"))
            ),
            segments_in_words=in_words(scored),
        )
        for cluster in scored.clusters
    ]


def _rows(scored: Scored, here: pl.DataFrame) -> pl.DataFrame:
    return here.with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
        practice_name=pl.col("practice_code").replace_strict(scored.practice_names, default="", return_dtype=pl.String),
        age_band=age_words(),
        sex=sex_words(),
        chance=pl.Series([words.chance(risk) for risk in here["risk"]], dtype=pl.String),
    ).select(*COLUMNS)
