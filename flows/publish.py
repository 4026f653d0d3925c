"""Flow: write lists, borough view, report and manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data_schemas.receipts import plain
from flows.artifacts import data_quality_table, metrics_table, places
from flows.flow import flow
from flows.lock import alone_in
from flows.parameters import Choices, of_site
from flows.run import Run
from flows.summary import summary


@flow(name="publish")
def publish(parameters: Choices) -> dict[str, Any]:
    """Do whatever is not done yet, and publish."""
    return published(Run(of_site(parameters)))


def published(run: Run) -> dict[str, Any]:
    """Publish, and show the counts, the metrics and the lists on the flow run's page."""
    with alone_in(run.out):
        folder = Path(run.published.folder)
        from models.judging.shown import shown_at

        site = run.settings.site.name
        data_quality_table(site, run.ingested)
        metrics_table(site, plain(shown_at(run.model.evaluation_path)))
        places(site, folder)
        return summary(run.published)
