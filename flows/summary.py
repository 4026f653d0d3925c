"""Summarises a finished run from its report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from data_schemas.receipts import Publication
from flows.places import typed


def _figure(value: float | None) -> float | None:
    """A figure to three decimal places. None if it could not be worked out."""
    return None if value is None else round(value, 3)


def _in_words(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3f}"


def summary(publication: Publication) -> dict[str, Any]:
    """Summarise a finished run for a person at a terminal or a script."""
    folder = Path(publication.folder)
    report = json.loads((folder / "report.json").read_bytes())
    test = report["metrics"]["test"]
    return {
        "folder": publication.folder,
        "files": len(publication.files) + 1,
        "model_version": report["model_version"],
        "model": f"{report['model']['candidate']} ({report['model']['alias'] or 'not registered'})",
        "auroc": "{} [{}, {}]".format(*(_in_words(test[name]) for name in ("auroc", "auroc_low", "auroc_high"))),
        "calibration_slope": _figure(test["calibration_slope"]),
        "observed_expected": _figure(test["observed_expected"]),
        "baselines": {name: _figure(rival["auroc"]) for name, rival in report["baselines"].items()},
        "alarms": [f"{alarm['name']}: {alarm['detail']}" for alarm in report["alarms"]],
        "notices": [f"{notice['name']}: {notice['detail']}" for notice in report["notices"]],
        "next": [
            f"look at the lists: {folder / 'lists'}",
            f"and at the model: {folder / 'model-card.md'}; all figures: {folder / 'report.json'}",
            f"then release or hold back: neighbourly approve {report['as_of']} --out {typed(folder.parent)}",
        ],
    }
