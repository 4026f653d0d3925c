"""Holds declared features with their names, and a site's whole set of features."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter

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

    def of_events(self) -> list[NamedFeature]:
        return [named for named in self.features if named.declared.concepts]

    def facts(self) -> list[NamedFeature]:
        return [named for named in self.features if named.declared.statistic == "fact"]

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
