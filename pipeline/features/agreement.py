"""Compares the likelihood of loneliness with what is recorded, for readers to judge. It changes no feature."""

from __future__ import annotations

import polars as pl

from data_schemas.receipts import Notice

LONELINESS_CHECK = "loneliness_check"
RECORDED, LIKELY = "known_lonely", "loneliness_likelihood"
ENOUGH = 20
"""The fewest recorded people for a report. With fewer, the result could be chance."""


def loneliness_check(parts: pl.LazyFrame) -> Notice | None:
    """A notice with the agreement. None if a site does not use both features or nobody is recorded as lonely.

    The concordance is the chance that a person recorded as lonely has a greater likelihood than one who is not; 0.5 is
    no better than chance. Most lonely people are never recorded, so it understates how well the likelihood works.
    """
    if not {RECORDED, LIKELY} <= set(parts.collect_schema()):
        return None
    people = parts.select(recorded=pl.col(RECORDED) == 1, likely=LIKELY).drop_nulls().collect()
    recorded = people["recorded"].sum()
    if not recorded:
        return None
    if recorded < ENOUGH or recorded == people.height:
        return Notice(
            LONELINESS_CHECK,
            f"fewer than {ENOUGH} people are recorded as lonely: too few to check the likelihood against.",
        )
    means = dict(people.group_by("recorded").agg(pl.col("likely").mean()).iter_rows())
    detail = (
        f"Recorded as lonely or isolated: {recorded:,} of {people.height:,} people; their mean likelihood is {means[True]:.1%}, "
        f"that of the others {means[False]:.1%} (concordance {concordance(people):.2f}). "
        "Not being recorded does not mean not being lonely."
    )
    return Notice(LONELINESS_CHECK, detail)


def concordance(people: pl.DataFrame) -> float:
    """Share of pairs of one recorded and one other person in which the recorded person has the higher likelihood. A tie
    counts as half.
    """
    ranked = people.select("recorded", rank=pl.col("likely").rank("average"))
    own = ranked.filter("recorded")["rank"]
    pairs = len(own) * (people.height - len(own))
    return (float(own.sum()) - len(own) * (len(own) + 1) / 2) / pairs
