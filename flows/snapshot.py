"""Flow: features and outcomes at every as-of date a run needs."""

from __future__ import annotations

from prefect import flow

from data_schemas.receipts import Snapshot
from flows.lock import alone_in
from flows.parameters import RunParameters
from flows.run import Run


@flow(name="snapshot")
def snapshot(parameters: RunParameters) -> list[Snapshot]:
    """Take the training, test and current snapshots."""
    with alone_in(parameters.folder):
        run = Run(parameters)
        return [*run.training, *run.testing, run.current]
