"""Flow: work out everybody's risk at the as-of date."""

from __future__ import annotations

from data_schemas.receipts import Scores
from flows.flow import flow
from flows.lock import alone_in
from flows.parameters import Choices, of_site
from flows.run import Run


@flow(name="score")
def score(parameters: Choices) -> Scores:
    """Score the cohort and work out the reasons of those who will be listed."""
    asked = of_site(parameters)
    with alone_in(asked.folder):
        return Run(asked).scores
