"""Works out what a person may want support with, from their record, and which services match by their terms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from data_schemas.receipts import Feature
from pipeline.features.subjects import features_about
from pipeline.publish import restricted
from pipeline.publish.scored import Scored


@dataclass(frozen=True)
class Need:
    """Something that a local offer can help with."""

    name: str
    seen_in: tuple[str, ...]
    """The facts on the record that show it (`pipeline.features.subjects`), in plain words."""
    served_by: tuple[str, ...]
    """The starts of words in the taxonomy terms of services that meet it."""


NEEDS = (
    Need(
        "company",
        ("loneliness", "isolation", "living alone"),
        ("befriend", "lonel", "isolat", "social group", "social activit"),
    ),
    Need("support as a carer", ("caring for someone",), ("carer", "respite")),
    Need("bereavement", ("losing someone",), ("bereave", "grief")),
    Need("money", ("money problems",), ("debt", "money", "benefit", "financ", "income")),
    Need(
        "a warm and settled home",
        ("homelessness", "a cold or damp home", "housing problems"),
        ("fuel", "housing", "warm", "energy", "homeless"),
    ),
    Need("keeping steady", ("falls", "frailty", "difficulty getting about"), ("fall", "balance", "strength")),
    Need(
        "mood and worry",
        ("low mood", "worry", "a mental health condition"),
        ("mental", "wellbeing", "counsel", "mood", "anxi"),
    ),
    Need("memory", ("memory trouble",), ("dementia", "memory")),
    Need("work", ("being out of work",), ("employ", "work", "job", "skills")),
    Need("stopping smoking", ("smoking",), ("smok",)),
    Need(
        "living with a condition",
        ("lung disease", "diabetes", "heart disease", "a stroke", "kidney disease"),
        ("long term", "self management", "lung", "diabet", "heart"),
    ),
    Need("being more active", ("weight", "being inactive"), ("physical activ", "exercis", "walking", "sport")),
)
"""All needs, in the order in which offers are searched."""

SEPARATOR = ", "
"""Between the items on the record that show one need."""

HOMELESS = "homelessness"
SHARES_ADDRESS, SINCE_HOMELESS = "lives_with_others", "social_homeless_days_since"
RECENT_DAYS = 365
"""A person who shares an address counts as homeless only if that was recorded within this many days."""

_PRINTED = ("ever", "fact", "count", "score")
_MEASURED = "measure."


def printable(features: list[Feature]) -> list[Feature]:
    """The features that may be printed about a person."""
    return [feature for feature in features if may_be_printed(feature)]


def is_served_by(need: Need, terms: list[str]) -> bool:
    """Whether one of a service's terms is for the need."""
    return any(has_word_starting(term, need.served_by) for term in terms)


def has_word_starting(term: str, starts: Iterable[str]) -> bool:
    """Whether words of a term start with one of `starts`, in any case; only letters, digits and apostrophes make
    words."""
    text = " " + " ".join("".join(c if c.isalnum() or c == "'" else " " for c in term.lower()).split())
    return any(f" {start}" in text for start in starts)


def needs(scored: Scored, among: pl.Series) -> pl.DataFrame:
    """`person` and a text for each need that the features can show: the items on the record of some people, empty if
    there are none."""
    said, names = _spoken(scored)
    return scored.values(names, among).select("person", **said)


def noted(scored: Scored) -> pl.DataFrame:
    """`person` and whether each need that the features can show is on their record; for everyone."""
    said, names = _spoken(scored)
    there = {name: text != "" for name, text in said.items()}
    return scored.scan(names).select("person", **there).collect(engine="streaming")


def _spoken(scored: Scored) -> tuple[dict[str, pl.Expr], list[str]]:
    """The text for each need, and the features that it uses."""
    features_by_need: dict[str, dict[str, list[str]]] = {}
    features = printable(scored.features)
    for need in NEEDS:
        sources = {subject: features_about(features, [subject]) for subject in need.seen_in}
        if spoken := {words: names for words, names in sources.items() if names}:
            features_by_need[need.name] = spoken
    names = {name for spoken in features_by_need.values() for names in spoken.values() for name in names}
    known = scored.known(sorted(names | {SHARES_ADDRESS, SINCE_HOMELESS}))
    return {name: _in_words(spoken, known) for name, spoken in features_by_need.items()}, known


def known(table: pl.DataFrame) -> list[str]:
    """The needs that a table has a column for, in the order in which offers are searched."""
    return [need.name for need in NEEDS if need.name in table.columns]


def present(names: list[str]) -> pl.Expr:
    """Whether any of some features shows that something is present."""
    return pl.any_horizontal(pl.col(name).fill_null(0) >= 1 for name in names)


def may_be_printed(feature: Feature) -> bool:
    """Whether a feature is a fact about a person that may be printed."""
    hidden = restricted.is_restricted(feature) or feature.absence or feature.inferred or feature.area
    is_measure = feature.concept.startswith(_MEASURED)
    return feature.statistic in _PRINTED and not feature.strength and not hidden and not is_measure


def _in_words(spoken: dict[str, list[str]], columns: list[str]) -> pl.Expr:
    """The facts on the record, in words: `loneliness, living alone`."""
    there = {words: present(names) for words, names in spoken.items()}
    if HOMELESS in there and {SHARES_ADDRESS, SINCE_HOMELESS} <= set(columns):
        housed = pl.col(SHARES_ADDRESS).fill_null(0) > 0
        there[HOMELESS] &= ~housed | (pl.col(SINCE_HOMELESS) <= RECENT_DAYS).fill_null(value=False)
    parts = [pl.when(so).then(pl.lit(words)) for words, so in there.items()]
    return pl.concat_str(*parts, separator=SEPARATOR, ignore_nulls=True)
