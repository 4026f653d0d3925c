"""The same features of the same events on each engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import polars as pl

from data_schemas.receipts import Feature
from pipeline.concepts import Concepts
from pipeline.engine import polars_summary
from pipeline.events import SCHEMA
from pipeline.features.catalogue import FeatureSet, Named
from pipeline.features.columns import scatter
from pipeline.features.compute import plan
from pipeline.features.declare import Declaration
from tests.spec.oracle import Event


def feature_set(features: dict[str, Declaration]) -> FeatureSet:
    names = sorted({concept for feature in features.values() for concept in feature.concepts})
    lists = pl.DataFrame(
        [(name, "local", name, name, False) for name in names],
        ["concept", "system", "code", "term", "built_in"],
        orient="row",
    )
    named = [Named(Feature(name, said.means, "site", said.statistic), said) for name, said in features.items()]
    return FeatureSet(tuple(named), Concepts(lists))


def event_frame(events: Iterable[Event], concepts: Concepts) -> pl.DataFrame:
    """The events as the log holds them; those of concepts that nobody asks for are concept 0."""
    rows = [(e.person, e.happened, e.known, concepts.ids.get(e.concept, 0), e.value) for e in events]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def polars_long(events, what):
    return polars_summary(events.lazy(), what)


def compute(
    features: dict[str, Declaration],
    events: list[Event],
    persons: list[int],
    as_of: dt.date,
    history_days: int,
    long=polars_long,
) -> dict[str, dict[int, float | None]]:
    """Feature → person → value, None for unknown."""
    declared = feature_set(features)
    what = plan(declared.features, declared.concepts, as_of, history_days)
    found = scatter(
        long(event_frame(events, declared.concepts), what), np.array(persons, np.int32), declared.features, what
    )
    return {
        name: {person: None if np.isnan(value) else float(value) for person, value in zip(persons, column, strict=True)}
        for name, column in found.items()
    }
