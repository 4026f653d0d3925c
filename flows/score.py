"""Flow: the risk of everyone at the as-of date."""

from __future__ import annotations

from prefect import flow

from data_schemas.receipts import Scores
from flows.lock import alone_in
from flows.parameters import RunParameters
from flows.run import Run


@flow(name="score")
def score(parameters: RunParameters) -> Scores:
    """Score the cohort and work out the reasons of those who will be listed."""
    with alone_in(parameters.folder):
        return Run(parameters).scores
