"""Holds the content of a cluster's list in one object. Each renderer turns it into bytes and adds nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from pipeline import words
from pipeline.ledger.delivered import Edition
from pipeline.ledger.feedback import HEADINGS
from pipeline.publish.reasons import REASONS
from pipeline.publish.scored import HIGHEST_FIRST, Cluster, Scored, age_words, sex_words
from pipeline.publish.segments import in_words
from pipeline.publish.strengths import STRENGTHS

OFFERS = 3
NEW = "New this month"

COLUMNS = {
    "rank": "Rank",
    "person_id": HEADINGS["person_id"],
    "practice_code": "Practice",
    "practice_name": "Practice name",
    "age_band": "Age",
    "sex": "Sex",
    "group": "Health in short",
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
class Head:
    """The head of every list: how old its sources are, who is responsible for it, what happened after the last one."""

    happens: str = ""
    """`have an unplanned hospital stay within a year`."""
    usual: str = ""
    """The mean risk of everyone here, in words: `about 1 in 10`."""
    sources: tuple[str, ...] = ()
    """`GP data to 31 March 2026`."""
    warnings: tuple[str, ...] = ()
    """Sources older than the site's limit."""
    owner: str = ""
    contact: str = ""
    valid_days: int = 45
    last_time: str = ""
    """`Last list: 12 of 60 contacted, …`. Empty before the second list."""
    apart: str = ""
    """Who is on no list because another service looks after them."""


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
    """The same for people who are on another list but not on the main one."""
    edition: Edition = field(default=Edition(), kw_only=True)
    segments_in_words: list[tuple[str, str]] = field(default_factory=list, kw_only=True)
    """Every list other than the main one, and who is on it."""
    head: Head = field(default=Head(), kw_only=True)

    @property
    def released(self) -> str:
        """`Released on 9 April 2026. Use until 24 May 2026.`, or a note that the list is a draft."""
        if not self.edition.released_on:
            return "A draft: nobody has released this list yet."
        day = dt.date.fromisoformat(self.edition.released_on)
        until = day + dt.timedelta(days=self.head.valid_days)
        return f"Released on {words.day(day)}. Use until {words.day(until)}."

    @property
    def answerable(self) -> str:
        """Who is responsible for the list and how to contact them. Empty if nobody is named."""
        named = [
            f"{what}: {who}." for what, who in (("List owner", self.head.owner), ("Contact", self.head.contact)) if who
        ]
        return " ".join(named)


def risk_lists(scored: Scored, selected: pl.DataFrame, details: pl.DataFrame) -> list[RiskList]:
    """Every cluster's list by cluster code, with the `selected` people (`segments.selected`) and what the list says
    about them.
    """
    health = scored.health_in_short(selected["person"])
    described = selected.join(details, on="person", how="left").join(health, on="person", how="left")
    rows = described.with_columns(pl.col("group").fill_null("")).sort(HIGHEST_FIRST, descending=[True, False])
    predicts = f"{words.outcome(scored.outcome)} in {words.horizon(scored.horizon_days)}"
    return [
        RiskList(
            scored.site,
            cluster,
            scored.as_of,
            predicts,
            scored.model_version,
            *(
                _rows(scored, rows.filter(pl.col("cluster_code") == cluster.code, on_main))
                for on_main in (pl.col("main"), ~pl.col("main"))
            ),
            segments_in_words=in_words(scored),
            head=head_of(scored, cluster),
        )
        for cluster in scored.clusters
    ]


SOURCES = {
    "admissions": "Hospital data",
    "attendances": "A&E data",
    "gp_events": "GP data",
    "prescriptions": "prescriptions",
    "council_records": "council records",
}
"""The tables whose age matters to readers, in their words."""


def sources_of(scored: Scored) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How old each source is, in words, and a warning for each one older than the site's limit."""
    newest = scored.as_of - dt.timedelta(days=1)  # later data was not used
    known = ((name, scored.sources.get(table)) for table, name in SOURCES.items())
    last = {name: min(day, newest) for name, day in known if day}
    limit = scored.answerable.max_source_age_days
    old = tuple(
        f"{name}: the last day is {words.day(day)}, {words.duration((scored.as_of - day).days)} before this list."
        for name, day in last.items()
        if (scored.as_of - day).days > limit
    )
    return tuple(f"{name} to {words.day(day)}" for name, day in last.items()), old


def head_of(scored: Scored, cluster: Cluster) -> Head:
    """The head of a cluster's list."""
    sources, old = sources_of(scored)
    came = scored.history.last_time().get(cluster.code)
    homes = 0 if scored.care_homes == "main" else scored.homes.get(cluster.code, 0)
    return Head(
        happens=words.happens(scored.outcome, scored.horizon_days),
        usual=words.chance(float(scored.people["risk"].mean() or 0)),  # type: ignore[arg-type]
        sources=sources,
        warnings=old,
        owner=scored.answerable.owner,
        contact=scored.answerable.contact,
        valid_days=scored.answerable.valid_days,
        last_time="" if came is None else str(came),
        apart=f"People who live in a care home are not on the main list: they have their own service. Here that is {homes}."
        if homes
        else "",
    )


def _rows(scored: Scored, here: pl.DataFrame) -> pl.DataFrame:
    return here.with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
        practice_name=pl.col("practice_code").replace_strict(scored.practice_names, default="", return_dtype=pl.String),
        age_band=age_words(),
        sex=sex_words(),
        chance=pl.Series([words.chance(risk) for risk in here["risk"]], dtype=pl.String),
    ).select(*COLUMNS)
