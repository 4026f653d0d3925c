"""Flow: everything that `refresh` does on the demo's borough, then what its invented programme changed; one server for both."""

from __future__ import annotations

from typing import Any

from prefect import flow

from flows.impact import judged
from flows.parameters import RunParameters
from flows.publish import published
from flows.run import Run
from flows.studies import Asked
from pipeline.synthetic.programme import PROGRAMME


@flow(name="demo")
def demo(parameters: RunParameters) -> dict[str, Any]:
    """The run, and the programme judged."""
    done = published(parameters)
    asked = Asked(PROGRAMME, "randomised", "unplanned_admission", 365)
    return {**done, "impact": judged(Run(parameters), asked, "neighbourly demo")}
