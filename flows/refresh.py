"""Flow: do everything, from extracts to lists."""

from __future__ import annotations

from typing import Any

from flows.flow import flow
from flows.parameters import Choices, of_site
from flows.publish import published
from flows.run import Run


@flow(name="refresh")
def refresh(parameters: Choices) -> dict[str, Any]:
    """Ingest, take snapshots, train (or keep the champion), score and publish; what is done already is not done
    again."""
    return published(Run(of_site(parameters)))
