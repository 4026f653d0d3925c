"""Flow: read and validate the extracts, change nothing, write a data-quality report."""

from __future__ import annotations

import dataclasses
from typing import Any

from prefect import flow

from flows import site_files
from flows.artifacts import quality_table
from flows.guard import guarded
from flows.parameters import Choices, RunParameters, of_site


@flow(name="check")
def check(parameters: Choices) -> dict[str, Any]:
    """Check whatever extracts are configured and show what came through the door."""
    report = checked_report(of_site(parameters))
    quality_table(report)
    return report


def checked_report(parameters: RunParameters) -> dict[str, Any]:
    """Where the report is, and what it says in short."""
    from pipeline import ingest, quality

    settings = parameters.settings(require_tables=False)
    report = guarded("check", lambda: ingest.check(settings))
    refusals = [*report.refusals, *site_files.problems(settings)]
    notices = [*report.notices, *site_files.rows_set_aside(settings)]
    report = dataclasses.replace(report, refusals=refusals, notices=notices)
    return guarded("check", lambda: quality.write(report, parameters.folder / "check"))
