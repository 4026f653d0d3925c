"""Puts facts about a person into the words of a reason: which parts a score comes from, and what is usual
at their age.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from data_schemas.receipts import Feature
from pipeline import words
from pipeline.publish import phrases

STEMS = 3
"""The most parts of a score that are named."""
Values = Callable[[list[str]], pl.DataFrame]
"""A function from names of features to `person` and their values, for everyone."""
_COMPARED = ("count", "total", "distinct", "latest", "mean", "fact", "score")


def is_recording(feature: Feature) -> bool:
    """Whether it only counts or dates entries in a record. Prescriptions are more than that."""
    return feature.automatic and feature.statistic in ("count", "days_since_last") and not _is_medicine(feature)


def stems_of(features: list[Feature], chosen: pl.DataFrame, values: Values) -> dict[tuple[int, str], list[str]]:
    """(person, feature) → the parts that a score comes from, in the order of its declaration."""
    by_name = {feature.name: feature for feature in features}
    stems: dict[tuple[int, str], list[str]] = {}
    scores = [feature for feature in features if set(feature.stems_from) & by_name.keys()]
    for feature in scores:
        people = chosen.filter(feature=feature.name).select("person")
        parts = [name for name in feature.stems_from if name in by_name]
        if people.height:
            for row in values(parts).join(people, on="person").iter_rows(named=True):
                there = [by_name[name].term for name in parts if row.get(name)]
                stems[row["person"], feature.name] = there[:STEMS]
    return stems


def with_texts(features: list[Feature], facts: pl.DataFrame, stems: dict[tuple[int, str], list[str]]) -> pl.DataFrame:
    """The facts with their `text`."""
    by_name = {feature.name: feature for feature in features}
    texts = [
        _text(by_name[name], value, median, stems.get((person, name), []))
        for person, name, value, median in facts.select("person", "feature", "value", "median").iter_rows()
    ]
    return facts.with_columns(text=pl.Series(texts, dtype=pl.String))


def _text(feature: Feature, value: float, median: float | None, stems: list[str]) -> str:
    if is_recording(feature):
        return phrases.capital(f"{feature.term}: on the record")
    text = phrases.phrase(feature, value) + (f": {words.listing(stems)}" if stems else "")
    is_number = feature.statistic in _COMPARED and phrases.is_number(feature, value)
    return text + (_compared(feature, median) if is_number and median is not None else "")


def _compared(feature: Feature, median: float) -> str:
    """What is usual at the person's age, in words to print next to their value."""
    if phrases.is_share(feature):
        return f" (usual at their age: {words.percent(median) if 0 < median < 1 else f'{100 * median:.0f}%'})"
    return (
        " (most people their age: none)" if median == 0 else f" (usual at their age: {words.number(round(median, 1))})"
    )


def _is_medicine(feature: Feature) -> bool:
    return feature.concept.startswith("rx.")
