"""Finds needs on the record for which the community has no offer within reach."""

from __future__ import annotations

import polars as pl

from pipeline.publish.community import CommunityBook
from pipeline.publish.eligibility import memberships
from pipeline.publish.needs import known, noted
from pipeline.publish.scored import Scored

MET = "An offer within reach"
UNMET = "No offer within reach"
NOT_SAID = "Not on the record"
CATEGORIES = (MET, UNMET, NOT_SAID)


def gaps(scored: Scored, book: CommunityBook) -> pl.DataFrame:
    """`person` and a column for each need, one of CATEGORIES: whether an offer is in reach for a need on the record."""
    spoken = noted(scored)
    area = pl.col("lsoa_code") if "lsoa_code" in scored.people.columns else pl.lit(None, pl.String)
    people = scored.people.select("person", "age", area.alias("area")).join(memberships(scored), on="person")
    both = people.join(spoken, on="person")
    return both.select("person", *(_category(book, name, both) for name in known(spoken)))


def _category(book: CommunityBook, need: str, people: pl.DataFrame) -> pl.Series:
    """What is in reach for a need. Looked up once for everyone with the same area, age and (if it matters) groups."""
    groups = [name for name in book.groups_for(need) if name in people.columns]
    alike = ["area", "age", *groups]
    places = people.filter(need).select(alike).unique().sort(alike)
    reached = [
        bool(book.within_reach(need, row["area"], row["age"], {name for name in groups if row[name]}))
        for row in places.iter_rows(named=True)
    ]
    met = places.with_columns(met=pl.Series(reached, dtype=pl.Boolean))
    joined = people.select(*alike, need).join(met, on=alike, how="left", nulls_equal=True, maintain_order="left")
    spoken = pl.when("met").then(pl.lit(MET)).otherwise(pl.lit(UNMET))
    category = pl.when(need).then(spoken).otherwise(pl.lit(NOT_SAID))
    return joined.select(category.cast(pl.Enum(CATEGORIES)).alias(need)).to_series()
