"""Flow: everything that `refresh` does on the demo's borough, two months of its lists, then what its invented programme
changed.
"""

from __future__ import annotations

from typing import Any

from flows.demo_months import two_months
from flows.flow import flow
from flows.impact import judged
from flows.parameters import RunParameters
from flows.run import Run
from flows.studies import Asked
from pipeline.synthetic.programme import PROGRAMME


@flow(name="demo")
def demo(parameters: RunParameters) -> dict[str, Any]:
    """The run, what people do with its lists, and the programme judged."""
    done = two_months(parameters)
    asked = Asked(PROGRAMME, "randomised", "unplanned_admission", 365)
    return {**done, "impact": judged(Run(parameters), asked, "neighbourly demo")}
