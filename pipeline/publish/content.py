"""What a cluster's list says: one content object, which every renderer turns into bytes without adding to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from pipeline import words
from pipeline.publish.changes import changes
from pipeline.publish.community import CommunityBook
from pipeline.publish.eligibility import GROUPS, memberships
from pipeline.publish.needs import known, needs
from pipeline.publish.reasons import REASONS, reasons
from pipeline.publish.scored import HIGHEST_FIRST, Cluster, Scored, age_words, sex_words
from pipeline.publish.segments import ASK_EVERYONE, SEGMENTS
from pipeline.publish.strengths import STRENGTHS, strengths
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
        )
        for cluster in scored.clusters
    ]


def details(
    scored: Scored, selected: pl.DataFrame, book: CommunityBook | None, now: pl.DataFrame, before: pl.DataFrame | None
) -> pl.DataFrame:
    """`person` with reasons, strengths, change, prompts and offers of the selected people.

    `now` and `before` are contributions of this as-of date and, where there is one, of the earlier run's.
    """
    parts = [
        strengths(scored, selected["person"]),
        changes(scored, selected, now, before),
        _prompts(selected),
        _offers(scored, selected, book),
    ]
    said = reasons(scored.features, now, selected, scored.medians)
    for part in parts:
        said = said.join(part, on="person", how="left")
    return said


def _prompts(selected: pl.DataFrame) -> pl.DataFrame:
    asks = {segment.name: segment.ask for segment in SEGMENTS}
    then = pl.col("segment").replace_strict(asks, default="", return_dtype=pl.String)
    return selected.select("person", prompt_1=pl.lit(ASK_EVERYONE), prompt_2=then)


def _offers(scored: Scored, selected: pl.DataFrame, book: CommunityBook | None) -> pl.DataFrame:
    """`person` with `offer_1` to `offer_3`: what is near for what their record speaks of."""
    names = [f"offer_{n + 1}" for n in range(OFFERS)]
    if book is None:
        return selected.select("person", *(pl.lit("").alias(name) for name in names))
    people = selected.select("person", "age", _area(selected))
    told = people.join(needs(scored), on="person").join(memberships(scored), on="person")
    wanted, groups = known(told), [group.name for group in GROUPS if group.name in told.columns]
    rows = []
    for row in told.iter_rows(named=True):
        member_of = {name for name in groups if row[name]}
        near = book.for_person([n for n in wanted if row[n]], row["lsoa_code"], row["age"], OFFERS, member_of)
        rows.append(
            (row["person"], *(each.because(row[each.offer.need]) for each in near), *[""] * (OFFERS - len(near)))
        )
    return pl.DataFrame(rows, schema={"person": pl.Int32, **dict.fromkeys(names, pl.String)}, orient="row")


def _area(people: pl.DataFrame) -> pl.Expr:
    return pl.col("lsoa_code") if "lsoa_code" in people.columns else pl.lit(None, pl.String).alias("lsoa_code")


def _rows(scored: Scored, here: pl.DataFrame) -> pl.DataFrame:
    return here.with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
        practice_name=pl.col("practice_code").replace_strict(scored.practice_names, default="", return_dtype=pl.String),
        age_band=age_words(),
        sex=sex_words(),
        chance=pl.Series([words.chance(risk) for risk in here["risk"]], dtype=pl.String),
    ).select(*COLUMNS)
