"""What a person may want support with, read from their record, and the words by which services say what they are for."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from data_schemas.receipts import Feature
from pipeline.publish import phrases, restricted
from pipeline.publish.scored import Scored


@dataclass(frozen=True)
class Need:
    """Something that a local offer can help with."""

    name: str
    seen_in: dict[str, str]
    """What on the record speaks of it, as read, and the starts of words in the names and concepts of features that say so."""
    served_by: str
    """The starts of words in the taxonomy terms of services."""


NEEDS = (
    Need(
        "company",
        {"loneliness": "lonel", "isolation": "isolat", "living alone": "lives alone"},
        "befriend, lonel, isolat, social group, social activit",
    ),
    Need("support as a carer", {"caring for someone": "carer, caregiver"}, "carer, respite"),
    Need("bereavement", {"losing someone": "bereave, widow, death of"}, "bereave, grief"),
    Need(
        "money",
        {"money problems": "debt, financ, money, poverty, low income, arrears"},
        "debt, money, benefit, financ, income",
    ),
    Need(
        "a warm and settled home",
        {"homelessness": "homeless", "a cold or damp home": "cold home, damp", "housing problems": "housing"},
        "fuel, housing, warm, energy, homeless",
    ),
    Need(
        "keeping steady",
        {"falls": "fall", "frailty": "frailty", "difficulty getting about": "mobility, housebound"},
        "fall, balance, strength",
    ),
    Need(
        "mood and worry",
        {"low mood": "depress", "worry": "anxi", "a mental health condition": "severe mental"},
        "mental, wellbeing, counsel, mood, anxi",
    ),
    Need("memory", {"memory trouble": "dementia, memory, cognit"}, "dementia, memory"),
    Need("work", {"being out of work": "unemploy, out of work"}, "employ, work, job, skills"),
    Need("stopping smoking", {"smoking": "smokes now, current smoker"}, "smok"),
    Need(
        "living with a condition",
        {
            "lung disease": "copd, asthma",
            "diabetes": "diabet",
            "heart disease": "heart fail, chd",
            "a stroke": "stroke",
            "kidney disease": "ckd",
        },
        "long term, self management, lung, diabet, heart",
    ),
    Need(
        "being more active", {"weight": "obes", "being inactive": "inactiv"}, "physical activ, exercis, walking, sport"
    ),
)
"""In the order in which offers are looked for."""

SEPARATOR = ", "
"""Between the things on the record that speak of one need."""

_SPEAKING = ("ever", "fact", "count", "score")
_MEASURED = "measure."


def features_of(stems: str, features: list[Feature]) -> list[str]:
    """The features that speak of something and may be printed about a person; all that such a feature counts must speak of it."""
    said = pattern(stems)
    return [f.name for f in features if may_speak(f) and all(said.search(about) for about in _about(f))]


def is_served_by(need: Need, terms: list[str]) -> bool:
    """Whether one of a service's terms is for the need."""
    said = pattern(need.served_by)
    return any(said.search(term.lower().replace("-", " ")) for term in terms)


def needs(scored: Scored) -> pl.DataFrame:
    """`person` and a text for each need that the features can speak of: what on the record does, empty where nothing does."""
    told: dict[str, dict[str, list[str]]] = {}
    for need in NEEDS:
        sources = {words: features_of(stems, scored.features) for words, stems in need.seen_in.items()}
        if spoken := {words: names for words, names in sources.items() if names}:
            told[need.name] = spoken
    values = scored.values(sorted({name for spoken in told.values() for names in spoken.values() for name in names}))
    return values.select("person", **{name: _said(spoken) for name, spoken in told.items()})


def known(table: pl.DataFrame) -> list[str]:
    """The needs that a table has a column for, in the order in which offers are looked for."""
    return [need.name for need in NEEDS if need.name in table.columns]


def present(names: list[str]) -> pl.Expr:
    """Whether one of some features says that something is there."""
    return pl.any_horizontal(pl.col(name).fill_null(0) >= 1 for name in names)


def pattern(stems: str) -> re.Pattern[str]:
    """Words that start with one of some stems."""
    return re.compile(r"\b(?:" + "|".join(map(re.escape, stems.split(", "))) + ")")


def may_speak(feature: Feature) -> bool:
    """Whether a feature is a fact about a person that may be printed."""
    hidden = restricted.is_restricted(feature) or phrases.is_absence(feature) or phrases.is_inferred(feature)
    is_measure = feature.concept.startswith(_MEASURED)
    return feature.statistic in _SPEAKING and not feature.strength and not hidden and not is_measure


def _said(spoken: dict[str, list[str]]) -> pl.Expr:
    """What is on the record, in words: `loneliness, living alone`."""
    parts = [pl.when(present(names)).then(pl.lit(words)) for words, names in spoken.items()]
    return pl.concat_str(*parts, separator=SEPARATOR, ignore_nulls=True)


def _about(feature: Feature) -> list[str]:
    """What a feature is about, in words: each of its concepts, or its name where it is worked out from others."""
    return [re.sub(r"[_.]", " ", concept).lower() for concept in (feature.concept or feature.name).split(" or ")]
