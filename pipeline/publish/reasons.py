"""Why a person's risk is raised: facts about them in plain words, out of the model's contributions.

A reason is a fact that is true of the person, that may be printed, and that raises their risk. What is absent is never a
reason, nor what is only inferred. Features of one meaning (`phrases.meaning`) make one reason, said with the one that weighs
most. How much care somebody has had weighs most for nearly everybody, and tells a link worker least: it takes two of the three
places, and leaves one to what they live with. Age stands in only where fewer than three facts are left.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from data_schemas.receipts import Feature
from pipeline import words
from pipeline.publish import phrases, restricted

REASONS = 3
MOST_OF_CARE = 2
"""So many of them may be about how much care somebody has had, as long as another fact raises the risk as well."""
NOTHING_STANDS_OUT = "No one thing stands out: many small things together"

DEPRIVED_TENTHS = 3
"""A home in one of the three worst tenths of areas may be a reason; one elsewhere is not."""

OLDER = ("65-74", "75-84", "85+")
"""The electronic Frailty Index was made and tested for people of 65 and over (Clegg 2016); of others it is no reason."""

FAR_ABOVE = 1.5
"""A count is compared with what is usual where it is so many times as much."""

Usual = Callable[[list[str]], dict[tuple[str, str], float]]
"""From names of features to the median of everyone, by feature and age band."""

_PRESENT_WHEN_POSITIVE = ("count", "total", "distinct", "ever", "trend", "fact", "score")


def declarations(features: list[Feature]) -> pl.DataFrame:
    """Those of the features that may be a reason, `described`."""
    return described([feature for feature in features if _may_be_a_reason(feature)])


def described(features: list[Feature]) -> pl.DataFrame:
    """What facts need of each feature: `feature, group, statistic, missing, tenth, order, care, aside, above`."""
    rows = [
        (
            *(f.name, phrases.meaning(f), f.statistic, f.missing, phrases.is_tenth(f), n),
            *(f.family == "use_of_care", _says_little(f), f.grades[-1][0] if f.grades else None),
        )
        for n, f in enumerate(features)
    ]
    schema = {
        "feature": pl.String,
        "group": pl.String,
        "statistic": pl.String,
        "missing": pl.Float64,
        "tenth": pl.Boolean,
        "order": pl.Int32,
        "care": pl.Boolean,
        "aside": pl.Boolean,
        "above": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def reasons(features: list[Feature], contributions: pl.DataFrame, people: pl.DataFrame, usual: Usual) -> pl.DataFrame:
    """`person` with `reason_1` to `reason_3`, strongest first.

    `contributions` is long: person, feature, value, contribution (any additive scale); `people` has person, age_band and whoever is to get
    a line.
    """
    facts = strongest(contributions, declarations(features))
    aged = facts.join(people.select("person", "age_band"), on="person", how="left", maintain_order="left")
    texts = _texts(features, _chosen(aged.filter(_fits_age())), usual)
    everyone = people.select("person", "age_band").join(_raised_by_age(contributions), on="person", how="left")
    filled = everyone.join(texts, on="person", how="left").iter_rows(named=True)
    rows = [(row["person"], *_three(row["text"] or [], row["age_band"] if row["aged"] else None)) for row in filled]
    names = [f"reason_{n + 1}" for n in range(REASONS)]
    return pl.DataFrame(rows, schema={"person": pl.Int32, **dict.fromkeys(names, pl.String)}, orient="row")


def strongest(contributions: pl.DataFrame, declared: pl.DataFrame) -> pl.DataFrame:
    """The facts that raise each person's risk, one a group of meaning: person, feature, value, weight; strongest first."""
    facts = contributions.join(declared, on="feature").filter(present(), pl.col("contribution") > 0)
    order = ["person", "contribution", "order"]
    grouped = facts.sort(order, descending=[False, True, False]).group_by("person", "group", maintain_order=True)
    kept = pl.col("feature", "value", "order", "care", "aside").first()
    return _ordered(grouped.agg(kept, weight=pl.col("contribution").sum()))


def _chosen(facts: pl.DataFrame) -> pl.DataFrame:
    """Those of the facts that are said: what says little, and care beyond its places, only where nothing else is left."""
    of_care = pl.col("care").cast(pl.Int32).cum_sum().over("person")
    ranked = _ordered(facts, "aside").with_columns(late=pl.col("aside") | (pl.col("care") & (of_care > MOST_OF_CARE)))
    return _ordered(_ordered(ranked, "late").group_by("person", maintain_order=True).head(REASONS))


def _ordered(facts: pl.DataFrame, *before: str) -> pl.DataFrame:
    """By person and falling weight; what is true of `before` after what is not."""
    order = ["person", *before, "weight", "order"]
    return facts.sort(order, descending=[name == "weight" for name in order])


def present() -> pl.Expr:
    """Whether a value says that something is there; over the columns of `declarations` and `value`."""
    value = pl.col("value")
    known = value.is_not_null() & value.is_not_nan() & (value != pl.col("missing")).fill_null(value=True)
    something = ~pl.col("statistic").is_in(_PRESENT_WHEN_POSITIVE) | (value > 0)
    bad_tenth = ~pl.col("tenth") | (value <= DEPRIVED_TENTHS)
    graded = pl.col("above").is_null() | (value > pl.col("above"))
    return known & something & bad_tenth & graded


def _fits_age() -> pl.Expr:
    return (pl.col("feature") != "frailty_index") | pl.col("age_band").is_in(OLDER)


def _texts(features: list[Feature], facts: pl.DataFrame, usual: Usual) -> pl.DataFrame:
    """`person, text`: the facts of each person as a list."""
    by_name = {feature.name: feature for feature in features}
    counted = sorted(name for name in facts["feature"].unique() if by_name[name].statistic in phrases.COUNTED)
    medians = usual(counted)
    texts = [
        phrases.phrase(by_name[name], value) + _compared(value, medians.get((name, band)))
        for name, value, band in facts.select("feature", "value", "age_band").iter_rows()
    ]
    return (
        facts.with_columns(text=pl.Series(texts, dtype=pl.String)).group_by("person", maintain_order=True).agg("text")
    )


def _compared(value: float, median: float | None) -> str:
    """How a count stands against that of most people of one's age."""
    if median is None or value < FAR_ABOVE * median:
        return ""
    return " (most people their age: none)" if median == 0 else f" (usual at their age: {words.number(median)})"


def _may_be_a_reason(feature: Feature) -> bool:
    hidden = restricted.is_restricted(feature) or feature.absence or feature.inferred
    return not hidden and not feature.strength and feature.family not in ("demographic", "strength")


def _says_little(feature: Feature) -> bool:
    """Whether it says little to a link worker: several kinds of care counted together, the home's area, something measured."""
    return phrases.spans(feature) or phrases.is_tenth(feature) or feature.concept.startswith("measure.")


def _raised_by_age(contributions: pl.DataFrame) -> pl.DataFrame:
    raised = contributions.filter(pl.col("feature") == "age", pl.col("contribution") > 0)
    return raised.select("person", aged=pl.lit(value=True))


def _three(texts: list[str], age_band: str | None) -> list[str]:
    said = list(dict.fromkeys(texts))
    if len(said) < REASONS and age_band:
        said.append(f"Aged {words.AGE_BANDS.get(age_band, age_band).lower()}")
    said = said or [NOTHING_STANDS_OUT]
    return said + [""] * (REASONS - len(said))
