"""Finds what is going well for a person: facts on the record that are declared as strengths, in plain words."""

from __future__ import annotations

import polars as pl

from data_schemas.receipts import Feature
from pipeline.publish import phrases, restricted
from pipeline.publish.reasons import described, present
from pipeline.publish.scored import Scored

STRENGTHS = 3
NONE = "None on record: ask"
FIRST = (
    "lives_with_others",
    "community",
    "social_prescribing",
    "activity",
    "work",
    "self_management",
    "keeps_appointments",
)
"""Groups of meaning worth most: people, groups, activity, work, managing their own health, appointments kept."""
LAST = ("vaccination", "screening", "review", "settled")
"""Groups that tell a reader little, and are not enough to build on by themselves."""
NEARLY_ALL = 0.9
"""A share below this is not a strength."""


def strengths(scored: Scored, persons: pl.Series) -> pl.DataFrame:
    """`person` with `strength_1` to `strength_3`, most valuable first, and what the first is `about`. NONE if there are
    none.
    """
    declared = _shown(scored.features)
    names = [f"strength_{n + 1}" for n in range(STRENGTHS)]
    wide = scored.values(declared, persons)
    facts = _first_facts(wide, declared)
    padded = pl.concat_list("text", pl.lit([""] * STRENGTHS))
    return (
        wide.select("person")
        .join(facts, on="person", how="left")
        .with_columns(text=pl.col("text").fill_null([NONE]))
        .with_columns(text=padded.list.head(STRENGTHS))
        .select("person", "about", *(pl.col("text").list.get(n).alias(name) for n, name in enumerate(names)))
    )


def _first_facts(wide: pl.DataFrame, declared: dict[str, Feature]) -> pl.DataFrame:
    """`person, text, about`: one fact per group of meaning, from the groups worth building on."""
    about = described(list(declared.values()))
    long = wide.unpivot(index="person", variable_name="feature", value_name="value").join(about, on="feature")
    enough = pl.col("feature").is_in([f.name for f in declared.values() if phrases.is_share(f)]).not_() | (
        pl.col("value") >= NEARLY_ALL
    )
    place = {name: n - len(FIRST) for n, name in enumerate(FIRST)} | {name: n + 1 for n, name in enumerate(LAST)}
    placed = pl.col("group").replace_strict(place, default=0, return_dtype=pl.Int32)
    first = (
        long.filter(present(), enough)
        .with_columns(place=placed)
        .sort("person", "place", "order")
        .unique(["person", "group"], keep="first", maintain_order=True)
        .filter((pl.col("place") <= 0).any().over("person"))
    )
    texts = [phrases.phrase(declared[name], value) for name, value in first.select("feature", "value").iter_rows()]
    worded = first.with_columns(text=pl.Series(texts, dtype=pl.String))
    return worded.group_by("person", maintain_order=True).agg(
        pl.col("text").head(STRENGTHS), about=pl.col("group").first()
    )


def _shown(features: list[Feature]) -> dict[str, Feature]:
    """The strengths that may be printed. Automatic features of a code list count only if nobody declared one for the
    concept.
    """
    allowed = [f for f in features if f.strength and not restricted.is_restricted(f)]
    facts = [f for f in allowed if not f.absence and not f.inferred]
    declared = {concept for f in facts if not f.automatic for concept in f.concept.split(" or ")}
    return {f.name: f for f in facts if not (f.automatic and f.concept in declared)}
