"""Shows a flow run's results on its Prefect page: counts, metrics and the paths of files, but nothing about a person.

The key of an artifact includes the site, because several sites may use one Prefect server.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.context import FlowRunContext

from data_schemas.receipts import IngestReceipt
from data_schemas.site_names import slug
from pipeline.disclosure import RULE, protect, shown, total

FILES = (
    "borough.html",
    "lists/*/risk-list.html",
    "lists/*/profile.html",
    "model-card.md",
    "report.json",
    "manifest.json",
)
"""Files of a run that people open from a flow run's page."""
PARTS = ("rows", "rejected", "unregistered", "superseded", "deleted")
"""What can happen to rows that were read, except for identical ones that a site leaves out."""
COLUMNS = (
    "table", "rows_read", "rows", "rejects", "unregistered", "superseded", "deleted", "emptied", "first_day", "last_day",
)  # fmt: skip


def data_quality_table(site: str, ingested: IngestReceipt) -> None:
    """Show the rows read, kept and rejected of each table."""
    rows = [
        {name: getattr(t, name) for name in COLUMNS} | {"rejected": sum(t.rejects.values())}
        for t in ingested.tables.values()
    ]
    _rows_table(site, "data-quality", rows, "What the checks let through")


def quality_table(site: str, report: dict[str, Any]) -> None:
    """Show a summary of the data-quality report."""
    _rows_table(site, "data-quality-check", report["tables"], "What the checks would let through")


def _rows_table(site: str, key: str, rows: list[dict[str, Any]], description: str) -> None:
    _table(site, key, [protected(row) for row in rows], f"{description}. {RULE}")


def protected(row: dict[str, Any]) -> dict[str, Any]:
    """Protect a table's counts of rows, because everybody with an account can see them. The number read is the sum of
    the counts shown."""
    parts = [row[name] for name in PARTS]
    parts.append(row["rows_read"] - sum(parts))
    whole = total(parts, [protect(count) for count in parts])
    counts = {name: _shown(value) for name, value in row.items()}
    return counts | {"rows_read": shown(whole)}


def _shown(value: Any) -> str:
    """A count, the counts of several rules, a name or a day, in words."""
    if isinstance(value, dict):
        return "; ".join(f"{rule}: {shown(protect(count))}" for rule, count in sorted(value.items()))
    return shown(protect(value)) if isinstance(value, int) else str(value or "")


def metrics_table(site: str, report: dict[str, Any]) -> None:
    """Show the model and the simple rivals on the test dates. `report` is an evaluation in the form that may be
    shown."""
    columns = (
        "auroc",
        "auroc_low",
        "auroc_high",
        "average_precision",
        "brier",
        "calibration_slope",
        "observed_expected",
    )
    judged = {"model": report["metrics"]["test"], **report["baselines"]}
    rows = [
        {"who": name, **{c: None if figures[c] is None else round(figures[c], 4) for c in columns}}
        for name, figures in judged.items()
    ]
    _table(site, "test-metrics", rows, "How well the model does on dates it has not seen")
    _table(
        site,
        "alarms",
        report["alarms"] or [{"name": "none", "detail": ""}],
        "Alarms hold back the champion alias and the release",
    )


def places(site: str, folder: Path) -> None:
    """Show where the lists and pages are, as text, because browsers do not open local files from a server's page."""
    if FlowRunContext.get() is not None:
        description = "What the run has written, and where"
        create_markdown_artifact(places_in_words(site, folder), key=key_of(site, "lists"), description=description)


def places_in_words(site: str, folder: Path) -> str:
    """List the paths of a run's pages, to copy into a browser on the machine that has the files."""
    paths = [path for pattern in FILES for path in sorted(folder.glob(pattern))]
    lines = "\n".join(f"    {path}" for path in paths)
    return (
        f"**{site}, {folder.name}.** Open these on the machine that holds them. The lists are about people: pass them on with "
        f"`neighbourly approve`, not from here.\n\n{lines}\n"
    )


def _table(site: str, key: str, rows: list[dict[str, Any]], description: str) -> None:
    if FlowRunContext.get() is not None:
        create_table_artifact(table=rows, key=key_of(site, key), description=f"{site}: {description}")


def key_of(site: str, key: str) -> str:
    """The key of an artifact of this site."""
    return f"{key}-{slug(site)}"
