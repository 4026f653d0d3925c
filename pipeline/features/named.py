"""Holds declared features with their names, and a site's whole set of features."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter

import polars as pl
from polars.io.plugins import register_io_source

from data_schemas.receipts import Feature
from pipeline.concepts import Concepts
from pipeline.features.declare import Declaration


@dataclass(frozen=True)
class NamedFeature:
    """A declaration with its name, and what other code may know about it."""

    feature: Feature
    declared: Declaration

    @property
    def name(self) -> str:
        return self.feature.name

    @property
    def needs(self) -> list[str]:
        """Names of the features that a score is worked out from."""
        if self.declared.statistic != "score" or self.declared.expression is None:
            return []
        return sorted(set(self.declared.expression.meta.root_names()))

    @property
    def worked_out(self) -> pl.Expr:
        """A fact or score as its expression gives it, in Float32."""
        if self.declared.expression is None:
            raise ValueError(f"{self.name}: a {self.declared.statistic} has an expression")
        return self.declared.expression.cast(pl.Float32).alias(self.name)

    @cached_property
    def number(self) -> pl.Expr:
        """A fact or score from the column of `worked_out`. NaN counts as unknown, and unknown becomes `missing`."""
        value = pl.col(self.name)
        return (
            pl.when(value.is_finite()).then(value).otherwise(pl.lit(self.declared.missing, pl.Float32)).alias(self.name)
        )


@dataclass(frozen=True)
class FeatureSet:
    """Every feature in declared order, and the concepts they use."""

    features: tuple[NamedFeature, ...]
    concepts: Concepts

    @cached_property
    def names(self) -> list[str]:
        return [named.name for named in self.features]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the declarations and of the codes behind them."""
        declarations = [f"{named.feature}{named.declared.expression}" for named in self.features]
        return hashlib.sha256("\n".join([*declarations, self.concepts.digest]).encode()).hexdigest()

    def facts(self) -> list[NamedFeature]:
        return [named for named in self.features if named.declared.statistic == "fact"]

    @cached_property
    def scores(self) -> list[list[NamedFeature]]:
        """Scores in groups, each after the groups that it needs. Scores within a group do not need each other."""
        scores = {named.name: named for named in self.features if named.declared.statistic == "score"}
        order = TopologicalSorter({name: [n for n in named.needs if n in scores] for name, named in scores.items()})
        order.prepare()
        groups = []
        while order.is_active():
            ready = order.get_ready()
            groups.append([scores[name] for name in ready])
            order.done(*ready)
        return groups

    @cached_property
    def events_in_scores(self) -> list[str]:
        """Features about events that scores use. Polars says which, because an expression may select its columns."""
        every = pl.DataFrame(schema=dict.fromkeys(self.names, pl.Float32))
        used: set[str] = set()

        def read(columns: list[str] | None, *_: object) -> Iterator[pl.DataFrame]:
            used.update(columns or self.names)
            yield every.select(columns or self.names)

        scores = [score.worked_out for group in self.scores for score in group]
        register_io_source(read, schema=every.schema).select(scores).collect()
        return [named.name for named in self.features if named.declared.concepts and named.name in used]
