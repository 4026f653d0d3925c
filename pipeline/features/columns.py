"""Turns the matrix of counted features into columns, and adds the features that are not about events."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.features.counting import Matrix
from pipeline.features.named import FeatureSet, NamedFeature


def facts(people: pl.DataFrame, features: FeatureSet) -> pl.DataFrame:
    """`person` and the facts about each of `people` as Float32, with null for unknown."""
    return people.select("person").hstack(_numbers(people, features.facts()))


def complete(matrices: Sequence[Matrix], known: Sequence[pl.DataFrame], features: FeatureSet) -> None:
    """Write facts and scores into their rows of some matrices. Scores are worked out from all other features, once for
    all matrices, because each calculation takes time of its own.

    Each matrix has a row for every feature, for the same people as its frame in `known`, which has the facts.
    """
    row = {name: n for n, name in enumerate(features.names)}
    found = pl.concat(known).drop("person")
    used = [_of_all(name, [counted[row[name]] for counted in matrices]) for name in features.events_in_scores]
    values = found.hstack(used)
    for group in features.scores:
        scores = _numbers(values, group)
        found, values = found.hstack(scores), values.hstack(scores)
    ends = list(accumulate(len(frame) for frame in known))[:-1]
    for column in found.get_columns():
        for counted, own in zip(matrices, np.split(column.to_numpy(), ends), strict=True):
            counted[row[column.name]] = own


def _of_all(name: str, values: Sequence[npt.NDArray[np.float32]]) -> pl.Series:
    return pl.Series(name, np.concatenate(values), nan_to_null=True)


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
