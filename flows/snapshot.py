"""Flow: work out features and outcomes at every as-of date that a run needs."""

from __future__ import annotations

from data_schemas.receipts import Snapshot
from flows.flow import flow
from flows.lock import alone_in
from flows.parameters import Choices, of_site
from flows.run import Run


@flow(name="snapshot")
def snapshot(parameters: Choices) -> list[Snapshot]:
    """Take the training, test and current snapshots."""
    asked = of_site(parameters)
    with alone_in(asked.folder):
        run = Run(asked)
        return [*run.training, *run.testing, run.current]
