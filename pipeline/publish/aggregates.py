"""Counts people by cluster, protected once and shared by every page that shows part of the counts.

Each breakdown is a partition: every person is in exactly one category, so a flag is shown with its complement. The
table of clusters by categories is protected as a whole (`pipeline.disclosure`). The borough's page and the clusters'
packs print cells of that one table, so nobody can find a count by subtracting one page from another. A cluster's number
of people is the sum of its sexes as shown, because a separately rounded total would narrow them down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline import disclosure, words
from pipeline.disclosure import Count
from pipeline.publish.community import CommunityBook
from pipeline.publish.gaps import CATEGORIES, gaps
from pipeline.publish.scored import BANDS, Scored, age_words, sex_words
from pipeline.publish.segments import members, usable

NOT_GIVEN = "Not known"
SEX = "Sex"
COUNTED = ("person", "cluster_code", "age_band", "sex", "band", "imd_decile")
"""The columns of people that are counted."""
FLAG = ("On the record", "Not on the record")

FIFTHS = {
    1: "Most deprived fifth of England",
    2: "Second most deprived fifth",
    3: "Middle fifth",
    4: "Second least deprived fifth",
    5: "Least deprived fifth of England",
}


@dataclass(frozen=True)
class Breakdown:
    """Protected counts of people by cluster and category."""

    heading: str
    categories: tuple[str, ...]
    clusters: dict[str, list[Count]]
    """Cluster code → a count for each category."""
    borough: list[Count]
    people: dict[str | None, Count]
    """Cluster code → everyone, as the sum of the categories. The borough is under None."""

    def counts(self, code: str | None) -> list[Count]:
        """The counts of a cluster, or of the borough for None."""
        return self.borough if code is None else self.clusters[code]


@dataclass(frozen=True)
class Aggregates:
    """All counts by cluster that pages without person rows may show."""

    people: dict[str | None, Count]
    """Cluster code → people. The borough is under None."""
    breakdowns: list[Breakdown]
    segments: list[Breakdown]
    """For each list other than the main one: people who qualify, whether or not they are on it."""
    gaps: list[Breakdown]
    """For each need: people who have it on record, with or without an offer within reach."""


def flagged(scored: Scored) -> pl.DataFrame:
    """Everyone in a cluster, with their area and band, and whether they qualify for each list (`segments.members`)."""
    columns = [name for name in ("person", "cluster_code", "lsoa_code", "band") if name in scored.people.columns]
    return scored.people.select(columns).drop_nulls("cluster_code").join(members(scored), on="person")


def aggregates(scored: Scored, flagged: pl.DataFrame, book: CommunityBook | None) -> Aggregates:
    """The protected counts of everyone in a cluster, not only of those listed."""
    known = [name for name in COUNTED if name in scored.people.columns]
    people, codes = (
        scored.people.select(known).drop_nulls("cluster_code"),
        [cluster.code for cluster in scored.clusters],
    )
    breakdowns = [breakdown(codes, people, *partition) for partition in partitions(people)]
    missing = gaps(scored, book).join(people.select("person", "cluster_code"), on="person") if book else pl.DataFrame()
    return Aggregates(
        people=next(each.people for each in breakdowns if each.heading == SEX),
        breakdowns=breakdowns,
        segments=[breakdown(codes, flagged, s.name, _flag(s.name), FLAG) for s in usable(scored)],
        gaps=[breakdown(codes, missing, name, pl.col(name), CATEGORIES) for name in missing.columns[1:-1]],
    )


def breakdown(
    codes: Sequence[str], people: pl.DataFrame, heading: str, category: pl.Expr, categories: tuple[str, ...]
) -> Breakdown:
    """One protected breakdown by cluster. `category` gives each person one of `categories`, or null if not known."""
    named = category.cast(pl.String).fill_null(NOT_GIVEN).alias("category")
    counted = people.group_by("cluster_code", named).len()
    counts = {(code, name): count for code, name, count in counted.iter_rows()}
    known = (*categories, NOT_GIVEN) if any(name == NOT_GIVEN for _, name in counts) else categories
    rows = {code: [counts.get((code, name), 0) for name in known] for code in codes}
    shown = disclosure.protect_table(rows)
    columns = zip(zip(*rows.values(), strict=True), zip(*shown.values(), strict=True), strict=True)
    sizes: dict[str | None, Count] = {code: disclosure.total(row, shown[code]) for code, row in rows.items()}
    sizes[None] = disclosure.total([sum(row) for row in rows.values()], list(sizes.values()))
    return Breakdown(heading, known, shown, [disclosure.total(*column) for column in columns], sizes)


def _flag(column: str) -> pl.Expr:
    return pl.when(pl.col(column)).then(pl.lit(FLAG[0])).otherwise(pl.lit(FLAG[1]))


def partitions(people: pl.DataFrame) -> list[tuple[str, pl.Expr, tuple[str, ...]]]:
    """The ways to count everyone, each with its heading, category and categories."""
    sexes, ages = sex_words(), set(people["age_band"])
    ways = [
        ("Age", age_words(), tuple(name for band, name in words.AGE_BANDS.items() if band in ages)),
        (SEX, sexes, tuple(people.select(sexes.alias("sex"))["sex"].unique().sort(descending=True))),
        ("Risk band", pl.col("band"), tuple(name for name, _ in BANDS)),
    ]
    if "imd_decile" in people.columns:
        fifth = ((pl.col("imd_decile").cast(pl.Int32) + 1) // 2).replace_strict(
            FIFTHS, default=None, return_dtype=pl.String
        )
        ways.append(("Deprivation of the area", fifth, tuple(FIFTHS.values())))
    return ways
