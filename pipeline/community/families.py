"""Counts families: children at home with adults on a list, parental needs on record, and what the Community Book offers
families.

Nobody under 18 is listed. Households are those of the pseudonymised addresses in the extracts. Children registered
elsewhere are not counted, and several households at one address count as one. Domestic abuse is counted only for the
whole borough.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from pipeline import disclosure
from pipeline.community import recorded
from pipeline.community.portrait import BOROUGH
from pipeline.community.records import Records
from pipeline.disclosure import Count

ADULT = 18
RECENT = 2 * recorded.YEAR
NEEDS = {
    "Money problems": ("social.money_problem", "social.unemployed"),
    "Housing problems": ("social.housing_problem", "social.homeless", "social.cold_home"),
}
"""Parental needs shown to a cluster → the concepts that record them."""
ABUSE = "social.domestic_abuse"
ASKS = {
    need: pl.any_horizontal(*(recorded.within(concept, RECENT) for concept in concepts))
    for need, concepts in {**NEEDS, ABUSE: (ABUSE,)}.items()
}
"""The questions about everyone."""


@dataclass(frozen=True)
class Families:
    """Protected counts of households with children, by cluster. The borough is under the empty text."""

    households: dict[str, Count]
    listed: dict[str, Count]
    """Adults on the main list who have a child at home."""
    needs: dict[str, dict[str, Count]]
    """Need → households with children and an adult with that need on record in two years, by cluster."""
    abuse: Count
    """The same count for domestic abuse, for the whole borough."""


def families(records: Records, listed: Collection[int]) -> Families | None:
    """Counts of households with children. None if the extracts have no households or no children. `listed` are the
    people on main lists.
    """
    answers = records.answers(records.day, ASKS).with_columns(records.identified["household_id"])
    people = answers.filter(pl.col("household_id").is_not_null(), pl.col("cluster_code").is_not_null())
    with_children = people.filter(pl.col("age") < ADULT)["household_id"].unique()
    if with_children.is_empty():
        return None
    adults = people.filter(pl.col("age") >= ADULT, pl.col("household_id").is_in(with_children.implode()))
    clusters = sorted(people["cluster_code"].unique())
    needs = {need: _households(adults.filter(need), clusters) for need in NEEDS}
    abused = adults.filter(ABUSE)["household_id"].n_unique()
    on_list = adults.filter(pl.col("person").is_in(list(listed)))
    return Families(
        households=_households(adults, clusters),
        listed=_protected(on_list["cluster_code"], clusters),
        needs=needs,
        abuse=disclosure.protect(abused),
    )


def _households(adults: pl.DataFrame, clusters: list[str]) -> dict[str, Count]:
    return _protected(
        adults.sort("person").unique("household_id", keep="first", maintain_order=True)["cluster_code"], clusters
    )


def _protected(codes: pl.Series, clusters: list[str]) -> dict[str, Count]:
    """The count of each cluster and their total."""
    counted = dict(codes.value_counts().iter_rows())
    shown, borough = disclosure.protect_line({code: counted.get(code, 0) for code in clusters})
    return {BOROUGH: borough, **shown}
