"""Works out who services are for, apart from age: the terms in which they say so, and which people match by their
record.

HSDS-UK 3 uses attributes whose `link_type` names eligibility or an intended audience. A service for a group that
records can show is offered only to people whose record shows that they are in it. If records cannot show a group
(veterans, for example), the group is printed with the offer.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data_schemas.assets import Attribute
from pipeline.features.subjects import features_about
from pipeline.publish.needs import has_word_starting, present, printable
from pipeline.publish.scored import Scored


@dataclass(frozen=True)
class Group:
    """People that a service may be for."""

    name: str
    said_as: tuple[str, ...]
    """The starts of words in terms that name the group."""
    seen_in: tuple[str, ...] = ()
    """The facts on the record that show it (`pipeline.features.subjects`)."""
    sex: str = ""
    """A sex code that shows it instead."""


GROUPS = (
    Group("women", ("women", "female", "girls"), sex="2"),
    Group("men", ("men only", "men's", "males", "boys", "for men"), sex="1"),
    Group("carers", ("carer", "caregiver"), ("caring for someone",)),
    Group("bereaved people", ("bereave", "widow", "grief"), ("losing someone",)),
    Group("people with lung disease", ("copd", "asthma", "lung", "respirat", "emphysema"), ("lung disease",)),
    Group("people with diabetes", ("diabet",), ("diabetes",)),
    Group("people with heart disease", ("heart", "cardi", "angina"), ("heart disease", "another heart condition")),
    Group(
        "people who had a stroke",
        ("stroke",),
        ("a stroke", "a mini-stroke or other disease of the brain's vessels"),
    ),
    Group("people with memory trouble", ("dementia", "alzheimer", "memory"), ("memory trouble",)),
    Group("people with cancer", ("cancer", "oncolog", "macmillan"), ("cancer",)),
    Group("people with Parkinson's", ("parkinson",), ("Parkinson's",)),
    Group("people with arthritis", ("arthrit", "osteoarthr"), ("arthritis",)),
    Group("people with epilepsy", ("epilep",), ("epilepsy",)),
    Group("people with a learning disability", ("learning disab", "learning difficult"), ("a learning disability",)),
    Group(
        "people with a mental health condition",
        ("mental", "depress", "anxi", "psychos"),
        ("low mood", "worry", "a mental health condition"),
    ),
    Group("people who smoke", ("smok",), ("smoking",)),
    Group("people who fall or are frail", ("falls", "frail"), ("falls", "frailty")),
)

_WHOM = ("eligib", "audience", "target", "suitab")


def is_for_whom(attribute: Attribute) -> bool:
    """Whether an attribute says who a service is for, rather than what it is for."""
    link = (attribute.link_type or "").lower()
    return any(word in link for word in _WHOM)


def groups_of(term: str) -> list[str]:
    """The groups that a term names. Empty if records cannot show them."""
    return [group.name for group in GROUPS if has_word_starting(term, group.said_as)]


def memberships(scored: Scored) -> pl.DataFrame:
    """`person` and, for each group that the site's data can show, whether they belong to it; for everyone."""
    features = printable(scored.features)
    sources = {group.name: features_about(features, group.seen_in) for group in GROUPS if group.seen_in}
    known = {name: found for name, found in sources.items() if found}
    rows = scored.scan(sorted({name for found in known.values() for name in found}))
    there = {name: present(found) for name, found in known.items()}
    members = rows.select("person", **there).collect(engine="streaming")
    sexes = {group.name: pl.col("sex").cast(pl.String) == group.sex for group in GROUPS if group.sex}
    return scored.people.select("person", **sexes).join(members, on="person")
