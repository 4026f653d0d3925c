"""Works out features of events with the compiled pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import polars as pl

from data_schemas.receipts import Feature
from pipeline.concepts import Concepts
from pipeline.events import SCHEMA
from pipeline.features.counting import count
from pipeline.features.declare import Declaration
from pipeline.features.named import FeatureSet, NamedFeature
from pipeline.features.plan import plan
from tests.spec.oracle import Event


def feature_set(features: dict[str, Declaration]) -> FeatureSet:
    names = sorted({concept for feature in features.values() for concept in feature.concepts})
    lists = pl.DataFrame(
        [(name, "local", name, name, False) for name in names],
        ["concept", "system", "code", "term", "built_in"],
        orient="row",
    )
    named = [NamedFeature(Feature(name, said.means, "site", said.statistic), said) for name, said in features.items()]
    return FeatureSet(tuple(named), Concepts(lists))


def event_frame(events: Iterable[Event], concepts: Concepts) -> pl.DataFrame:
    """Make events in the log's form. Unused concepts have number 0."""
    rows = [(e.person, e.happened, e.known, concepts.ids.get(e.concept, 0), e.value) for e in events]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def compute(
    features: dict[str, Declaration], events: list[Event], persons: list[int], as_of: dt.date, history_days: int
) -> dict[str, dict[int, float | None]]:
    """Values by feature and person. None if unknown."""
    return compute_all(features, events, persons, [as_of], history_days)[0]


def compute_all(
    features: dict[str, Declaration], events: list[Event], persons: list[int], dates: list[dt.date], history_days: int
) -> list[dict[str, dict[int, float | None]]]:
    """Work out values for several as-of dates in one pass."""
    declared = feature_set(features)
    asked = plan(declared.features, declared.concepts, dates, history_days)
    log = event_frame(events, declared.concepts).sort("person", "concept", "happened")
    found = count(asked, log, [np.array(persons, np.int32)] * len(dates))
    return [
        {named.name: _of_persons(column, persons) for named, column in zip(asked.features, matrix, strict=True)}
        for matrix in found
    ]


def _of_persons(column, persons: list[int]) -> dict[int, float | None]:
    return {person: None if np.isnan(value) else float(value) for person, value in zip(persons, column, strict=True)}
