"""Forecasts a run before any feature is counted: the people in the cohort at each as-of date, and how many have the
outcome.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import polars as pl

from data_schemas.disk import read_parquet
from data_schemas.receipts import IngestReceipt
from data_schemas.window import Window
from pipeline import population
from pipeline.outcomes import OutcomeEvents, outcome_events
from pipeline.registrations import registered
from pipeline.settings import Settings


def windows(settings: Settings, ingest: IngestReceipt, uses: Sequence[tuple[str, dt.date]]) -> Iterator[Window]:
    """The windows of the as-of dates, each with its use. Raises ConfigurationError if a table that the outcome needs is
    missing.
    """
    events = outcome_events(settings, ingest, settings.run.outcome)
    practices, areas = (_table(ingest, name) for name in ("practices", "areas"))
    for use, as_of in uses:
        people = registered(events.registrations, as_of)
        cohort, _ = population.cohort(people, practices, areas, settings.run.minimum_age)  # type: ignore[arg-type]
        yield _window(settings, events, cohort, use, as_of)


def _table(ingest: IngestReceipt, name: str) -> pl.DataFrame | None:
    return read_parquet(ingest.tables[name].path) if name in ingest.tables else None


def _window(settings: Settings, events: OutcomeEvents, cohort: pl.DataFrame, use: str, as_of: dt.date) -> Window:
    if use == "score":
        return Window(as_of, use, cohort.height)
    outcomes = population.outcomes(
        cohort, events.registrations, events.dates, events.stays, as_of, settings.run.horizon_days
    )
    known = outcomes.filter(~pl.col("left"))
    return Window(as_of, use, cohort.height, int(known["event"].sum()), outcomes.height - known.height)
