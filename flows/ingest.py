"""Flow: extracts to validated tables and the event log."""

from __future__ import annotations

from prefect import flow

from data_schemas.receipts import EventLog
from flows.artifacts import data_quality_table
from flows.lock import alone_in
from flows.parameters import RunParameters
from flows.run import Run


@flow(name="ingest")
def ingest(parameters: RunParameters) -> EventLog:
    """Read, validate and store the extracts, and build the event log."""
    with alone_in(parameters.folder):
        run = Run(parameters)
        data_quality_table(run.ingested)
        return run.log
