"""Explains why a person's risk is raised: facts about them in plain words, from the model's contributions.

A reason is a fact that is true of the person, may be printed, raises their risk and is worse than usual at their age.
Something absent or only inferred is never a reason, and neither is a score without its parts. Features with one meaning
(`phrases.meaning`) make one reason, in the words of the one with the largest weight. The amount of care has the largest
weight for nearly everybody and helps a link worker least, so at most one count of it is printed. Age is used only if
fewer than three facts are left.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from data_schemas.receipts import Feature
from pipeline import words
from pipeline.publish import phrases, restricted
from pipeline.publish.reason_words import Values, is_recording, stems_of, with_texts

REASONS = 3
MOST_OF_CARE = 2
"""The most reasons about the use of care, if another fact raises the risk too."""
MOST_COUNTS = 1
"""The most of these that may be a plain count."""
CONSIDERED = 20
"""How many of a person's strongest facts are compared with what is usual."""
NOTHING_STANDS_OUT = "No one thing stands out: many small things together"

DEPRIVED_TENTHS = 3
"""The worst tenths of areas. A home in one of these may be a reason; a home elsewhere is not."""

OLDER = ("65-74", "75-84", "85+")
"""Age bands in which the electronic Frailty Index may be a reason: it was made and tested for people of 65 and over
(Clegg 2016).
"""


FAR_ABOVE = 1.5
"""A count is worse than usual if it is at least this many times the usual one."""

Usual = Callable[[list[str]], dict[tuple[str, str], float]]
"""A function from names of features to everyone's medians, by feature and age band."""

_PRESENT_WHEN_POSITIVE = ("count", "total", "distinct", "ever", "trend", "fact", "score")
_MEASURED = ("latest", "mean", "change")
"""Statistics for which a high value may be good or bad. The model decides."""


def declarations(features: list[Feature]) -> pl.DataFrame:
    """The features that may be a reason, in the form of `described`."""
    return described([feature for feature in features if _may_be_a_reason(feature)])


def described(features: list[Feature]) -> pl.DataFrame:
    """The properties of each feature that facts need: `feature, group, statistic, missing, tenth, order, care, aside,
    above, recording`.
    """
    rows = [
        (
            *(f.name, phrases.meaning(f), f.statistic, f.missing, phrases.is_tenth(f), n),
            *(f.family == "use_of_care", _is_uninformative(f), f.grades[-1][0] if f.grades else None, is_recording(f)),
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
        "recording": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def reasons(features: list[Feature], contributions: pl.DataFrame, people: pl.DataFrame, usual: Usual) -> pl.DataFrame:
    """`person` with `reason_1` to `reason_3`, strongest first.

    `contributions` is in long form: person, feature, value, contribution (any additive scale). `people` has person and
    age_band, one row for everyone who gets a line.
    """
    return in_words(facts_in_words(features, contributions, people, usual), contributions, people)


def in_words(facts: pl.DataFrame, contributions: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """The reasons of `people`, from `facts_in_words`."""
    texts = facts.group_by("person", maintain_order=True).agg("text")
    everyone = people.select("person", "age_band").join(_raised_by_age(contributions), on="person", how="left")
    filled = everyone.join(texts, on="person", how="left").iter_rows(named=True)
    rows = [(row["person"], *_three(row["text"] or [], row["age_band"] if row["aged"] else None)) for row in filled]
    names = [f"reason_{n + 1}" for n in range(REASONS)]
    return pl.DataFrame(rows, schema={"person": pl.Int32, **dict.fromkeys(names, pl.String)}, orient="row")


def facts_in_words(
    features: list[Feature],
    contributions: pl.DataFrame,
    people: pl.DataFrame,
    usual: Usual,
    values: Values | None = None,
) -> pl.DataFrame:
    """The facts that are a person's reasons, strongest first: person, feature, value, the `median` at their age and the
    `text`.

    `values` is called for the parts of scores.
    """
    facts = strongest(contributions, declarations(features)).group_by("person", maintain_order=True).head(CONSIDERED)
    aged = facts.join(people.select("person", "age_band"), on="person", how="left", maintain_order="left")
    medians = [(*key, value) for key, value in usual(sorted(aged["feature"].unique())).items()]
    schema = {"feature": pl.String, "age_band": pl.String, "median": pl.Float64}
    known = pl.DataFrame(medians, schema=schema, orient="row")
    compared = aged.join(known, on=["feature", "age_band"], how="left", maintain_order="left")
    directed = compared.join(_slopes(contributions), on="feature", how="left", maintain_order="left")
    chosen = _chosen(directed.filter(_fits_age(), _worse_than_usual()))
    return with_texts(features, chosen, stems_of(features, chosen, values) if values else {})


def _slopes(contributions: pl.DataFrame) -> pl.DataFrame:
    """`feature, slope`: whether the model's risk rises or falls with a feature's value."""
    known = contributions.filter(pl.col("value").is_not_null() & pl.col("value").is_not_nan())
    return known.group_by("feature").agg(slope=pl.corr("value", "contribution"))


def _worse_than_usual() -> pl.Expr:
    """Whether a value is on the worse side of what is usual at the age. A place in England has its own rule."""
    above = pl.col("value") - pl.col("median")
    of_measure = above * pl.col("slope").fill_nan(0).fill_null(0) > 0
    worse = (
        pl.when(pl.col("statistic").is_in(list(phrases.SINCE)))
        .then(above < 0)
        .when(pl.col("statistic").is_in(list(_MEASURED)))
        .then(of_measure)
        .when(pl.col("statistic").is_in(list(phrases.COUNTED)))
        .then((above > 0) & (pl.col("value") >= FAR_ABOVE * pl.col("median")))
        .otherwise(above > 0)
    )
    return pl.col("tenth") | pl.col("median").is_null() | worse


def strongest(contributions: pl.DataFrame, declared: pl.DataFrame) -> pl.DataFrame:
    """The facts that raise each person's risk, one per group of meaning: person, feature, value, weight; strongest
    first.
    """
    facts = contributions.join(declared, on="feature").filter(present(), pl.col("contribution") > 0)
    order = ["person", "recording", "contribution", "order"]
    grouped = facts.sort(order, descending=[False, False, True, False]).group_by("person", "group", maintain_order=True)
    kept = pl.col("feature", "value", "order", "care", "aside", "statistic", "tenth").first()
    return _ordered(grouped.agg(kept, weight=pl.col("contribution").sum()))


def _chosen(facts: pl.DataFrame) -> pl.DataFrame:
    """Choose the facts to print: one count of care, and facts that tell little only if nothing else is left."""
    is_count = pl.col("care") & pl.col("statistic").is_in(list(phrases.COUNTED))
    ranked = _ordered(facts, "aside")
    counted = ranked.filter(~is_count | (is_count.cast(pl.Int32).cum_sum().over("person") <= MOST_COUNTS))
    of_care = pl.col("care").cast(pl.Int32).cum_sum().over("person")
    late = counted.with_columns(late=pl.col("aside") | (pl.col("care") & (of_care > MOST_OF_CARE)))
    return _ordered(_ordered(late, "late").group_by("person", maintain_order=True).head(REASONS))


def _ordered(facts: pl.DataFrame, *before: str) -> pl.DataFrame:
    """Sort by person and falling weight. Rows for which a column in `before` is true come after the others."""
    order = ["person", *before, "weight", "order"]
    return facts.sort(order, descending=[name == "weight" for name in order])


def present() -> pl.Expr:
    """Whether a value shows that something is present. Uses the columns of `declarations` and `value`."""
    value = pl.col("value")
    known = value.is_not_null() & value.is_not_nan() & (value != pl.col("missing")).fill_null(value=True)
    something = ~pl.col("statistic").is_in(_PRESENT_WHEN_POSITIVE) | (value > 0)
    bad_tenth = ~pl.col("tenth") | (value <= DEPRIVED_TENTHS)
    graded = pl.col("above").is_null() | (value > pl.col("above"))
    return known & something & bad_tenth & graded


def _fits_age() -> pl.Expr:
    return (pl.col("feature") != "frailty_index") | pl.col("age_band").is_in(OLDER)


def _may_be_a_reason(feature: Feature) -> bool:
    hidden = restricted.is_restricted(feature) or feature.absence or feature.inferred or feature.bare
    return not hidden and not feature.strength and feature.family not in ("demographic", "strength")


def _is_uninformative(feature: Feature) -> bool:
    """Whether the feature tells a link worker little: several kinds of care counted together, the home's area,
    something measured.
    """
    return phrases.spans(feature) or phrases.is_tenth(feature) or feature.concept.startswith("measure.")


def _raised_by_age(contributions: pl.DataFrame) -> pl.DataFrame:
    raised = contributions.filter(pl.col("feature") == "age", pl.col("contribution") > 0)
    return raised.select("person", aged=pl.lit(value=True))


def _three(texts: list[str], age_band: str | None) -> list[str]:
    kept = [text for n, text in enumerate(texts) if not any(_about(text) in one.lower() for one in texts[:n])]
    if len(kept) < REASONS and age_band:
        kept.append(f"Aged {words.AGE_BANDS.get(age_band, age_band).lower()}")
    kept = kept or [NOTHING_STANDS_OUT]
    return kept + [""] * (REASONS - len(kept))


def _about(text: str) -> str:
    """What a fact is about, to know whether another one has already covered it."""
    return text.partition(":")[0].lower()
