"""Why a person's risk is raised: facts about them in plain words, out of the model's contributions.

A reason is a fact that is true of the person, that may be printed, and that raises their risk. What is absent is never a
reason. Features of one meaning (one `group`) make one reason, said with the one that weighs most. Age stands in only where
fewer than three facts are left.
"""

from __future__ import annotations

import polars as pl

from data_schemas.receipts import Feature
from pipeline.publish import phrases, restricted, words

REASONS = 3
NOTHING_STANDS_OUT = "No one thing stands out: many small things together"

DEPRIVED_TENTHS = 3
"""A home in one of the three most deprived tenths of areas may be a reason; one elsewhere is not."""

_PRESENT_WHEN_POSITIVE = ("count", "total", "distinct", "ever", "trend", "change", "fact", "score")


def declarations(features: list[Feature]) -> pl.DataFrame:
    """What reasons need of each feature that may be printed: `feature, group, statistic, missing, order`."""
    rows = [
        (f.name, phrases.meaning(f), f.statistic, f.missing, order)
        for order, f in enumerate(features)
        if _may_be_a_reason(f)
    ]
    schema = {
        "feature": pl.String,
        "group": pl.String,
        "statistic": pl.String,
        "missing": pl.Float64,
        "order": pl.Int32,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def reasons(features: list[Feature], contributions: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """`person` with `reason_1` to `reason_3`, strongest first.

    `contributions` is long: person, feature, value, contribution (any additive scale); `people` has person, age and age_band.
    """
    by_name = {feature.name: feature for feature in features}
    facts = strongest(contributions, declarations(features))
    said = facts.with_columns(
        text=pl.Series(
            [phrases.phrase(by_name[name], value) for name, value in facts.select("feature", "value").iter_rows()],
            dtype=pl.String,
        )
    )
    texts = (
        said.unique(["person", "text"], keep="first", maintain_order=True)
        .group_by("person", maintain_order=True)
        .agg(pl.col("text").head(REASONS))
    )
    aged = people.select("person", "age", "age_band").join(_raised_by_age(contributions), on="person", how="left")
    filled = aged.join(texts, on="person", how="left").iter_rows(named=True)
    rows = [(row["person"], *_three(row["text"] or [], row["age_band"] if row["aged"] else None)) for row in filled]
    names = [f"reason_{n + 1}" for n in range(REASONS)]
    return pl.DataFrame(rows, schema={"person": pl.Int32, **dict.fromkeys(names, pl.String)}, orient="row")


def strongest(contributions: pl.DataFrame, declared: pl.DataFrame) -> pl.DataFrame:
    """The facts that raise each person's risk, one a group of meaning: person, feature, value, weight; strongest first."""
    facts = contributions.join(declared, on="feature").filter(present(), pl.col("contribution") > 0)
    order = ["person", "contribution", "order"]
    grouped = facts.sort(order, descending=[False, True, False]).group_by("person", "group", maintain_order=True)
    best = grouped.agg(pl.col("feature", "value", "order").first(), weight=pl.col("contribution").sum())
    return best.sort("person", "weight", "order", descending=[False, True, False])


def present() -> pl.Expr:
    """Whether a value says that something is there, by the feature's statistic."""
    value = pl.col("value")
    known = value.is_not_null() & value.is_not_nan() & (value != pl.col("missing")).fill_null(value=True)
    near = (pl.col("feature") != "imd_decile") | (value <= DEPRIVED_TENTHS)
    return known & near & (~pl.col("statistic").is_in(_PRESENT_WHEN_POSITIVE) | (value > 0))


def _may_be_a_reason(feature: Feature) -> bool:
    allowed = not (restricted.is_restricted(feature) or phrases.is_absence(feature))
    return allowed and not feature.strength and feature.family != "demographic"


def _raised_by_age(contributions: pl.DataFrame) -> pl.DataFrame:
    raised = contributions.filter(pl.col("feature") == "age", pl.col("contribution") > 0)
    return raised.select("person", aged=pl.lit(value=True))


def _three(texts: list[str], age_band: str | None) -> list[str]:
    said = list(texts)
    if len(said) < REASONS and age_band:
        said.append(f"Aged {words.AGE_BANDS.get(age_band, age_band)}".replace("Aged Under", "Aged under"))
    said = said or [NOTHING_STANDS_OUT]
    return said + [""] * (REASONS - len(said))
