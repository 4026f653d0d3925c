"""Turns the matrix of counted features into columns, and adds the features that are not about events."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.features.counting import Matrix
from pipeline.features.named import FeatureSet, NamedFeature


def facts(people: pl.DataFrame, features: FeatureSet) -> pl.DataFrame:
    """`person` and the facts about each of `people` as Float32, with null for unknown."""
    return people.select("person").hstack(_numbers(people, features.facts()))


def complete(counted: Matrix, known: pl.DataFrame, features: FeatureSet) -> None:
    """Write facts and scores into their rows of the matrix. Scores are worked out from all other features.

    `counted` has a row for every feature, for the same people as `known`, which has the facts.
    """
    row = {name: n for n, name in enumerate(features.names)}
    used = [pl.Series(name, counted[row[name]], nan_to_null=True) for name in features.events_in_scores]
    found = known.drop("person")
    values = found.hstack(used)
    for group in features.scores:
        scores = _numbers(values, group)
        found, values = found.hstack(scores), values.hstack(scores)
    for column in found.get_columns():
        counted[row[column.name]] = column.to_numpy()


def _numbers(values: pl.DataFrame, asked: Sequence[NamedFeature]) -> pl.DataFrame:
    """Work out facts or scores from the columns of `values`. In one step, each would be worked out twice."""
    return values.with_columns(named.worked_out for named in asked).select(named.number for named in asked)


def columns(counted: Matrix, features: Sequence[NamedFeature]) -> list[pl.Series]:
    """Turn rows of the matrix into columns, with null for unknown."""
    # `nan_to_null` must also be False where no value is NaN, because looking for one takes time
    return [
        pl.Series(named.name, values, nan_to_null=named.declared.missing is None)
        for named, values in zip(features, counted, strict=True)
    ]
