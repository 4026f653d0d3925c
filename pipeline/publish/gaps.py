"""Needs without an offer within reach: where the community has nothing yet for what records speak of."""

from __future__ import annotations

import polars as pl

from pipeline.publish.community import CommunityBook
from pipeline.publish.needs import NEEDS, needs
from pipeline.publish.scored import Scored

MET = "An offer within reach"
UNMET = "No offer within reach"
NOT_SAID = "Not on the record"
CATEGORIES = (MET, UNMET, NOT_SAID)


def gaps(scored: Scored, book: CommunityBook) -> pl.DataFrame:
    """`person` and a column for each need, one of CATEGORIES: whether something is in reach for what the record speaks of."""
    spoken = needs(scored)
    area = "lsoa_code" if "lsoa_code" in scored.people.columns else None
    where = scored.people.select("person", "age", area=pl.col(area) if area else pl.lit(None, pl.String))
    places = where.select("area", "age").unique().sort("area", "age")
    known = [need.name for need in NEEDS if need.name in spoken.columns]
    reach = {
        name: pl.Series([bool(book.within_reach(name, *place)) for place in places.iter_rows()], dtype=pl.Boolean)
        for name in known
    }
    reached = where.join(places.with_columns(**reach), on=["area", "age"], nulls_equal=True)
    both = reached.join(spoken, on="person", suffix=" spoken")
    return both.select("person", **{name: _category(name) for name in known})


def _category(name: str) -> pl.Expr:
    spoken = pl.when(pl.col(name)).then(pl.lit(MET)).otherwise(pl.lit(UNMET))
    return pl.when(pl.col(f"{name} spoken")).then(spoken).otherwise(pl.lit(NOT_SAID))
