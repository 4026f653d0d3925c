"""Whom services are for, beyond age: the terms by which they say so, and who by their record belongs.

HSDS-UK 3 says it with attributes whose `link_type` speaks of eligibility or of an intended audience. A service for a group that the
record can speak of is offered to those alone of whom it does; what the record cannot know (veterans, say) is printed with the offer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from data_schemas.assets import Attribute
from pipeline.publish.needs import features_of, pattern, present
from pipeline.publish.scored import Scored


@dataclass(frozen=True)
class Group:
    """People whom a service may be for."""

    name: str
    said_as: str
    """The starts of words in terms that name them."""
    seen_in: str = ""
    """The starts of words in the names and concepts of features that speak of them."""
    sex: str = ""
    """Or their sex code."""


GROUPS = (
    Group("women", "women, female, girls", sex="2"),
    Group("men", "men only, men's, males, boys, for men", sex="1"),
    Group("carers", "carer, caregiver", "carer, caregiver"),
    Group("bereaved people", "bereave, widow, grief", "bereave, widow, death of"),
    Group("people with lung disease", "copd, asthma, lung, respirat, emphysema", "copd, asthma, chronic pulmonary"),
    Group("people with diabetes", "diabet", "diabet"),
    Group("people with heart disease", "heart, cardi, angina", "heart, chd, angina, condition af, myocardial"),
    Group("people who had a stroke", "stroke", "stroke, tia, cerebrovascular"),
    Group("people with memory trouble", "dementia, alzheimer, memory", "dementia, memory, cognit"),
    Group("people with cancer", "cancer, oncolog, macmillan", "cancer"),
    Group("people with Parkinson's", "parkinson", "parkinson"),
    Group("people with arthritis", "arthrit, osteoarthr", "arthrit"),
    Group("people with epilepsy", "epilep", "epilep"),
    Group("people with a learning disability", "learning disab, learning difficult", "learning disab"),
    Group("people with a mental health condition", "mental, depress, anxi, psychos", "depress, anxi, severe mental"),
    Group("people who smoke", "smok", "smokes now, current smoker"),
    Group("people who fall or are frail", "falls, frail", "fall, frailty"),
)

_WHOM = re.compile(r"eligib|audience|target|suitab", re.IGNORECASE)


def is_for_whom(attribute: Attribute) -> bool:
    """Whether an attribute says whom a service is for, not what."""
    return attribute.link_type is not None and _WHOM.search(attribute.link_type) is not None


def groups_of(term: str) -> list[str]:
    """The groups that a term names, none where the record cannot know."""
    said = term.lower().replace("-", " ").replace("_", " ")
    return [group.name for group in GROUPS if pattern(group.said_as).search(said)]


def memberships(scored: Scored) -> pl.DataFrame:
    """`person` and, for each group that the site can tell, whether they belong to it."""
    sources = {group.name: features_of(group.seen_in, scored.features) for group in GROUPS if group.seen_in}
    known = {name: found for name, found in sources.items() if found}
    values = scored.values(sorted({name for found in known.values() for name in found}))
    told = values.select("person", **{name: present(found) for name, found in known.items()})
    sexes = {group.name: pl.col("sex").cast(pl.String) == group.sex for group in GROUPS if group.sex}
    return scored.people.select("person", **sexes).join(told, on="person")
