"""Builds the columns of a feature part: counted features, facts, and the scores worked out from both."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.features.counting import Matrix
from pipeline.features.named import FeatureSet, NamedFeature


def assemble(counted: Matrix, people: pl.DataFrame, features: FeatureSet) -> pl.DataFrame:
    """Build `person`, then every feature in declared order: Float32 with null for unknown, one row for each of
    `people`.

    `counted` has the counted features as rows, for the same people. `people` (sorted by person) has the columns that
    facts use.
    """
    values = people.select(_number(fact) for fact in features.facts()).hstack(columns(counted, features.of_events()))
    for group in features.scores():
        values = values.with_columns(_number(named) for named in group)
    return people.select("person").hstack(values.select(features.names))


def columns(counted: Matrix, features: Sequence[NamedFeature]) -> list[pl.Series]:
    """Turn rows of the matrix into columns, with null for unknown."""
    # `nan_to_null` must also be False where no value is NaN, because looking for one takes time
    return [
        pl.Series(named.name, values, nan_to_null=named.declared.missing is None)
        for named, values in zip(features, counted, strict=True)
    ]


def _number(named: NamedFeature) -> pl.Expr:
    """Convert a fact or score to Float32. NaN counts as unknown, and unknown becomes `missing`."""
    if named.declared.expression is None:
        raise ValueError(f"{named.name}: a {named.declared.statistic} has an expression")
    value = named.declared.expression.cast(pl.Float32)
    known = pl.when(value.is_finite()).then(value)
    return (
        (known if named.declared.missing is None else known.fill_null(named.declared.missing))
        .cast(pl.Float32)
        .alias(named.name)
    )
