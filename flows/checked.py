"""Makes the data-quality report of the configured extracts, without Prefect, which takes seconds to import."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from data_schemas.coding import Coding
from data_schemas.errors import ConfigurationError
from data_schemas.receipts import IngestReceipt
from flows import site_files
from flows.deliveries import delivery, remembered
from flows.deliveries import notices as of_deliveries
from flows.fingerprints import content
from flows.forecast import forecast
from flows.guard import guarded
from flows.parameters import RunParameters
from pipeline import ingest, quality
from pipeline.coding import coding_of
from pipeline.coding import notices as of_codes
from pipeline.freshness import freshness
from pipeline.ingest.sources import Progress, silent
from pipeline.settings import Settings


def checked_report(parameters: RunParameters, progress: Progress = silent) -> dict[str, Any]:
    """Write the report. Returns its path and summary. Calls `progress` with the name of what it is reading."""
    settings = parameters.settings(require_tables=False)
    report = guarded("check", lambda: _report(settings, parameters.folder / "store", progress))
    report = dataclasses.replace(
        report,
        refusals=[*report.refusals, *site_files.problems(settings)],
        notices=[*report.notices, *site_files.left_out(settings), *site_files.rows_set_aside(settings)],
    )
    return guarded("check", lambda: quality.write(report, parameters.folder / "check"))


def _report(settings: Settings, store: Path, progress: Progress) -> quality.Report:
    """Make the report: what was accepted, which codes the code lists know, and what a run would report."""
    with ingest.checked(settings, progress) as (receipt, refusals):
        progress("comparing codes with the code lists")
        coding, problems = _coding(settings, receipt)
        progress("looking ahead to what a run will find")
        ahead = forecast(settings, receipt)
        now = delivery(settings, receipt, content(settings), settings.run.as_of)
        found = quality.report(settings, receipt, [*refusals, *problems, *ahead.problems])
        notices = [*found.notices, *of_codes(coding), *of_deliveries(now, remembered(store))]
        return dataclasses.replace(
            found, notices=notices, as_of=ahead.as_of, windows=ahead.windows, outside=coding.outside,
            sources=freshness(receipt, coding, ahead.as_of),
        )  # fmt: skip


def _coding(settings: Settings, receipt: IngestReceipt) -> tuple[Coding, list[str]]:
    """Which codes the code lists know, or why the site's features cannot be made."""
    try:
        return coding_of(settings, receipt), []
    except ConfigurationError as error:
        return Coding({}, {}, {}), error.problems
