"""Finds what is wrong with a set of declared features: each problem in words, with the nearest known name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

import numpy as np
import polars as pl

from data_schemas.nearest import nearest
from data_schemas.receipts import Feature
from pipeline.concepts import FIXED, Concepts
from pipeline.features.named import NamedFeature

UNKNOWN = 0.1
"""Share of invented numbers that are unknown."""
TEXTS = (
    "person_id", "practice_code", "cluster_code", "age_band", "sex", "ethnicity", "lsoa_code", "household_id",
)  # fmt: skip
"""Columns of the cohort that are texts."""


def unknown_concepts(features: Sequence[NamedFeature], concepts: Concepts) -> Iterator[str]:
    """Messages about concepts that features use and no code list has."""
    known = {*FIXED, *concepts.ids}
    for named in features:
        for concept in named.declared.concepts:
            if concept not in known:
                yield f"{named.name}: the concept {concept!r} does not exist{nearest(concept, known)}"


def repeated(features: Sequence[NamedFeature]) -> Iterator[str]:
    """Messages about names that two features share."""
    seen: dict[str, Feature] = {}
    for feature in (named.feature for named in features):
        if feature.name in seen:
            yield f"{feature.name}: two features have this name ({seen[feature.name].means!r}, {feature.means!r}); rename one"
        seen[feature.name] = feature


def unknown_parts(features: Sequence[NamedFeature]) -> Iterator[str]:
    """Messages about features that scores use and that do not exist."""
    names = {named.name for named in features}
    for named in features:
        for part in named.needs:
            if part not in names:
                yield f"{named.name}: the feature {part!r} does not exist{nearest(part, names)}"


def looking_at_others(tried: Sequence[NamedFeature], features: Sequence[NamedFeature]) -> Iterator[str]:
    """Messages about facts and scores whose value for a person depends on other people, such as a rank or mean.

    Some invented people, who have all `features`, must get the same values without the others and in another order. An
    expression that cannot use invented values is not tried.
    """
    given = [named for named in tried if named.declared.expression is not None]
    people = _invented(dict.fromkeys([*(named.name for named in features), *chain(*map(_read, given))]))
    for named in given:
        try:
            depends = _depends_on_others(named, people)
        except (Exception, pl.exceptions.PanicException):  # noqa: BLE001, S112 - a site's expression may fail in any way; it is checked on real columns later
            continue
        if depends:
            yield (
                f"{named.name}: its value for a person depends on other people, so it would change with the group in"
                " which they are worked out; use only values of the same person"
            )


def _depends_on_others(named: NamedFeature, people: pl.DataFrame) -> bool:
    together, rows = _worked_out(named, people), np.arange(len(people))
    halves = (rows[::-2], rows[-2::-2])
    return not all(np.allclose(together[half], _worked_out(named, people[half]), equal_nan=True) for half in halves)


def _invented(names: Collection[str], people: int = 64) -> pl.DataFrame:
    """Columns of whole numbers from 0 to 998, small ones more often, and some unknown. `TEXTS` are "0", "1" or "2"."""
    draw = np.random.default_rng(0)
    numbers = np.floor(1000 ** draw.random((len(names), people))).astype(np.float32) - 1
    numbers[draw.random(numbers.shape) < UNKNOWN] = np.nan
    frame = pl.DataFrame(dict(zip(names, numbers, strict=True)), nan_to_null=True)
    texts = [pl.col(name).cast(pl.Int32).mod(3).cast(pl.String) for name in TEXTS if name in names]
    return frame.with_columns(*texts, person=pl.int_range(people, dtype=pl.Int32))


def _read(named: NamedFeature) -> list[str]:
    return [] if named.declared.expression is None else named.declared.expression.meta.root_names()


def _worked_out(named: NamedFeature, people: pl.DataFrame) -> np.ndarray:
    return people.with_columns(named.worked_out).select(named.number).to_series().to_numpy()
