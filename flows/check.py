"""Flow: read and validate the extracts, change nothing, write a data-quality report."""

from __future__ import annotations

from typing import Any

from flows.artifacts import quality_table
from flows.checked import checked_report
from flows.flow import flow
from flows.parameters import Choices, of_site


@flow(name="check")
def check(parameters: Choices) -> dict[str, Any]:
    """Check whatever extracts are configured and show what was accepted."""
    asked = of_site(parameters)
    report = checked_report(asked)
    quality_table(asked.settings(require_tables=False).site.name, report)
    return report
