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
HEADINGS = {
    "auroc": "AUROC", "auroc_range": "95% range", "brier": "Brier", "observed_expected": "observed / expected", "rows": "kept",
    "rows_read": "read", "rejects": "rejected, by rule", "emptied": "values emptied, by rule",
}  # fmt: skip
"""Columns whose headings are not simply their names."""
COLUMNS = (
    "table", "rows_read", "rows", "rejects", "unregistered", "superseded", "deleted", "emptied", "first_day", "last_day",
)  # fmt: skip
LAST = ("first_day", "last_day", "rejects", "emptied")
"""The columns of data quality that come last, the widest ones at the end."""


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
    counts = {name: _shown(row[name]) for name in [*(name for name in row if name not in LAST), *LAST]}
    return counts | {"rows_read": shown(whole)}


def _shown(value: Any) -> str:
    """A count, the counts of several rules, a name or a day, in words."""
    if isinstance(value, dict):
        return "; ".join(f"{rule}: {shown(protect(count))}" for rule, count in sorted(value.items()))
    return shown(protect(value)) if isinstance(value, int) else str(value or "")


def metrics_table(site: str, report: dict[str, Any]) -> None:
    """Show the model and the simple rivals on the test dates. `report` is an evaluation in the form that may be
    shown."""
    from models.documents.words import words

    judged = {"model": report["metrics"]["test"], **report["baselines"]}
    rows = [{"method": words(name), **_figures(figures)} for name, figures in judged.items()]
    _table(site, "test-metrics", rows, "How well the model does on dates that it was not trained on")
    alarms = [{"alarm": words(alarm["name"]), "detail": alarm["detail"]} for alarm in report["alarms"]]
    _table(site, "alarms", alarms or [{"alarm": "none"}], "Alarms hold back the champion alias and the release")


def _figures(figures: dict[str, Any]) -> dict[str, Any]:
    """The figures of one method, the AUROC with its 95% range."""
    shown = {
        name: None if figures[name] is None else round(figures[name], 4)
        for name in ("auroc", "observed_expected", "calibration_slope", "brier", "average_precision")
    }
    ends = [_cell(figures[name]) for name in ("auroc_low", "auroc_high")]
    return {"auroc": shown.pop("auroc"), "auroc_range": " to ".join(ends), **shown}


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
        create_table_artifact(table=readable(rows), key=key_of(site, key), description=f"{site}: {description}")


def readable(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """A table that fits its page: headings in words, without the columns that have nothing in any row."""
    columns = dict.fromkeys(name for row in rows for name in row)
    filled = [name for name in columns if any(row[name] not in ("", "0") for row in rows)]
    return [{HEADINGS.get(name, name.replace("_", " ")): _cell(row[name]) for name in filled} for row in rows]


def _cell(value: Any) -> str:
    """A value in words. Prefect reads cells as Markdown, where a star alone would become a bullet point."""
    if value is None:
        return "not known"
    return f"{value:.3f}" if isinstance(value, float) else str(value).replace("*", "\\*")


def key_of(site: str, key: str) -> str:
    """The key of an artifact of this site."""
    return f"{key}-{slug(site)}"
