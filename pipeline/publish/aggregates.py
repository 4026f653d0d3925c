"""Counts of people by cluster, protected once and shared by every page that shows a part of them.

Each breakdown is a partition: every person is in exactly one category, so a flag has its complement beside it. The table of
clusters by categories is protected as a whole (`pipeline.disclosure`); the borough's page and the clusters' packs print cells
of that one table, so no count can be had by taking one page from another.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline import disclosure
from pipeline.disclosure import Count
from pipeline.publish import words
from pipeline.publish.scored import BANDS, Scored, age_words, sex_words

NOT_GIVEN = "Not known"


@dataclass(frozen=True)
class Breakdown:
    """People by cluster and category, as they may be shown."""

    heading: str
    categories: tuple[str, ...]
    clusters: dict[str, list[Count]]
    """Cluster code → a count for each category."""
    borough: list[Count]

    def cells(self, code: str | None, people: Count) -> list[tuple[str, str, str]]:
        """Category, count and share of so many people, as printed; of a cluster, or of the borough for None."""
        counts = self.borough if code is None else self.clusters[code]
        return [
            (category, disclosure.shown(count), disclosure.percentage(count, people))
            for category, count in zip(self.categories, counts, strict=True)
        ]


@dataclass(frozen=True)
class Aggregates:
    """All that pages without person rows may say."""

    people: dict[str, Count]
    borough_people: Count
    breakdowns: list[Breakdown]


def aggregates(scored: Scored) -> Aggregates:
    """The protected counts of everyone in a cluster, not only of those listed."""
    people = scored.people.drop_nulls("cluster_code")
    codes = [cluster.code for cluster in scored.clusters]
    sizes = [cluster.people for cluster in scored.clusters]
    protected = disclosure.protect_table({"people": sizes})["people"]
    return Aggregates(
        people=dict(zip(codes, protected, strict=True)),
        borough_people=disclosure.protect(sum(sizes)),
        breakdowns=[breakdown(people, codes, *partition) for partition in _partitions(people)],
    )


def breakdown(
    people: pl.DataFrame, codes: list[str], heading: str, category: pl.Expr, categories: tuple[str, ...]
) -> Breakdown:
    """One protected breakdown; `category` gives each person one of `categories`, or null for not known."""
    counted = people.group_by("cluster_code", category.fill_null(NOT_GIVEN).alias("category")).len()
    found = {(code, name): count for code, name, count in counted.iter_rows()}
    known = (*categories, NOT_GIVEN) if any(name == NOT_GIVEN for _, name in found) else categories
    rows = {code: [found.get((code, name), 0) for name in known] for code in codes}
    totals = [disclosure.protect(sum(column)) for column in zip(*rows.values(), strict=True)]
    return Breakdown(heading, known, disclosure.protect_table(rows), totals)


def _partitions(people: pl.DataFrame) -> list[tuple[str, pl.Expr, tuple[str, ...]]]:
    found = [
        ("Age", age_words(), tuple(words.AGE_BANDS.values())),
        ("Sex", sex_words(), tuple(words.SEX.values())),
        ("Risk band", pl.col("band"), tuple(name for name, _ in BANDS)),
    ]
    if "imd_decile" in people.columns:
        found.append(("Deprivation of the area", _fifth(), tuple(_FIFTHS.values())))
    return found


_FIFTHS = {
    1: "Most deprived fifth of England",
    2: "Second most deprived fifth",
    3: "Middle fifth",
    4: "Second least deprived fifth",
    5: "Least deprived fifth of England",
}


def _fifth() -> pl.Expr:
    fifth = (pl.col("imd_decile").cast(pl.Int32) + 1) // 2
    return fifth.replace_strict(_FIFTHS, default=None, return_dtype=pl.String)
