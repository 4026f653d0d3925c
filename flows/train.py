"""Flow: learn, choose, judge and register a model."""

from __future__ import annotations

from prefect import flow

from data_schemas.receipts import TrainedModel
from flows.parameters import RunParameters
from flows.run import Run, alone_in


@flow(name="train")
def train(parameters: RunParameters) -> TrainedModel:
    """Train on the training dates, judge on the test dates, register, and say what scores."""
    with alone_in(parameters.folder):
        return Run(parameters).model
