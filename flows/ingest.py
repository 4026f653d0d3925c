"""Flow: turn extracts into validated tables and the event log."""

from __future__ import annotations

from data_schemas.receipts import EventLog
from flows.artifacts import data_quality_table
from flows.flow import flow
from flows.lock import alone_in
from flows.parameters import Choices, of_site
from flows.run import Run


@flow(name="ingest")
def ingest(parameters: Choices) -> EventLog:
    """Read, validate and store the extracts, and build the event log."""
    asked = of_site(parameters)
    with alone_in(asked.folder):
        run = Run(asked)
        data_quality_table(run.settings.site.name, run.ingested)
        return run.log
