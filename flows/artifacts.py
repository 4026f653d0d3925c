"""What a flow run shows on its Prefect page: counts, metrics and links, nothing about a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect.artifacts import create_link_artifact, create_table_artifact
from prefect.context import FlowRunContext

from data_schemas.receipts import IngestReceipt


def data_quality_table(ingested: IngestReceipt) -> None:
    """Rows in, kept and rejected per table."""
    rows = [
        {
            "table": t.table,
            "rows read": t.rows_read,
            "rows kept": t.rows,
            "rejected": sum(t.rejects.values()),
            "rules broken": "; ".join(f"{rule}: {count}" for rule, count in sorted(t.rejects.items())),
            "unregistered": t.unregistered,
            "first day": str(t.first_day or ""),
            "last day": str(t.last_day or ""),
        }
        for t in ingested.tables.values()
    ]
    _table("data-quality", rows, "What came through the door")


def quality_table(report: dict[str, Any]) -> None:
    """The data-quality report in short."""
    _table("data-quality-check", list(report["tables"]), "What would come through the door")


def metrics_table(report: dict[str, Any]) -> None:
    """The model beside the simple rivals, on the test dates."""
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
        {"who": name, **{c: None if found[c] is None else round(found[c], 4) for c in columns}}
        for name, found in judged.items()
    ]
    _table("test-metrics", rows, "How well the model does on dates it has not seen")
    _table(
        "alarms",
        report["alarms"] or [{"name": "none", "detail": ""}],
        "Alarms hold back the champion alias and the release",
    )


def list_links(folder: Path) -> None:
    """Where the lists are."""
    if FlowRunContext.get() is None:
        return
    pages = [folder / "borough.html", *sorted(folder.glob("lists/*/risk-list.html"))]
    for page in pages:
        key = "list-" + "".join(c if c.isalnum() else "-" for c in page.parent.name.lower())
        create_link_artifact(link=page.as_uri(), link_text=str(page.relative_to(folder)), key=key)


def _table(key: str, rows: list[dict[str, Any]], description: str) -> None:
    if FlowRunContext.get() is not None:
        create_table_artifact(table=rows, key=key, description=description)
