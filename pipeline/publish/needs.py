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
    seen_in: str
    """The starts of words in the names and concepts of features that speak of it."""
    served_by: str
    """The starts of words in the taxonomy terms of services."""


NEEDS = (
    Need("company", "lonel, isolat, lives alone", "befriend, lonel, isolat, social group, social activit"),
    Need("support as a carer", "carer, caregiver", "carer, respite"),
    Need("bereavement", "bereave, widow, death of", "bereave, grief"),
    Need("money", "debt, financ, money, poverty, low income, arrears", "debt, money, benefit, financ, income"),
    Need("a warm and settled home", "housing, cold home, damp, homeless", "fuel, housing, warm, energy, homeless"),
    Need("keeping steady", "fall, frailty, mobility, housebound", "fall, balance, strength"),
    Need("mood and worry", "depress, anxi, severe mental", "mental, wellbeing, counsel, mood, anxi"),
    Need("memory", "dementia, memory, cognit", "dementia, memory"),
    Need("work", "unemploy", "employ, work, job, skills"),
    Need("stopping smoking", "smokes now, current smoker", "smok"),
    Need(
        "living with a condition",
        "copd, asthma, diabet, heart fail, stroke, chd, ckd",
        "long term, self management, lung, diabet, heart",
    ),
    Need("being more active", "obes, inactiv", "physical activ, exercis, walking, sport"),
)
"""In the order in which offers are looked for."""

_SPEAKING = ("ever", "fact", "count", "score")


def features_of(need: Need, features: list[Feature]) -> list[str]:
    """The features that speak of a need and may be printed about a person."""
    said = _pattern(need.seen_in)
    return [feature.name for feature in features if _may_speak(feature) and said.search(_about(feature))]


def is_served_by(need: Need, terms: list[str]) -> bool:
    """Whether one of a service's terms is for the need."""
    said = _pattern(need.served_by)
    return any(said.search(term.lower().replace("-", " ")) for term in terms)


def needs(scored: Scored) -> pl.DataFrame:
    """`person` and a column for each need that the features can speak of: whether the record does."""
    sources = {need.name: features_of(need, scored.features) for need in NEEDS}
    known = {name: columns for name, columns in sources.items() if columns}
    values = scored.values(sorted({column for columns in known.values() for column in columns}))
    spoken = {
        name: pl.any_horizontal(pl.col(column).fill_null(0) >= 1 for column in columns)
        for name, columns in known.items()
    }
    return values.select("person", **spoken)


def _may_speak(feature: Feature) -> bool:
    hidden = restricted.is_restricted(feature) or phrases.is_absence(feature) or phrases.is_inferred(feature)
    return feature.statistic in _SPEAKING and not feature.strength and not hidden


def _about(feature: Feature) -> str:
    """What a feature is about, in words: its concept, or its name where it is worked out from others."""
    return re.sub(r"[_.]", " ", feature.concept or feature.name).lower()


def _pattern(stems: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(map(re.escape, stems.split(", "))) + ")")
