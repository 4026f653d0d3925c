"""Writes the plots of an evaluation: PNG files for MLflow and reports, and one interactive page. They contain counts
and curves, never data about one person."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from data_schemas import disk
from data_schemas.receipts import plain
from models.documents import drawings
from models.documents.words import GROUPS, in_group, words
from models.judging.record import Evaluation

PICTURES: Mapping[str, tuple[str, Callable[[Any, Evaluation], None]]] = {
    "selection": ("selection", drawings.selection),
    "calibration": ("curves", drawings.calibration),
    "roc": ("curves", drawings.roc),
    "precision-recall": ("curves", drawings.precision_recall),
    "lift": ("curves", drawings.lift),
    "decision-curve": ("curves", drawings.decision),
    "subgroups": ("subgroups", drawings.subgroups),
    "drift": ("drift", drawings.drift),
    "months": ("months", drawings.months),
    "rolling": ("rolling", drawings.rolling),
    "staleness": ("staleness", drawings.staleness),
    "importance": ("importance", drawings.importance),
    "partial-dependence": ("dependence", drawings.dependence),
}
"""Each plot, and the part of the evaluation that it needs."""
SHOWN = (
    "alarms", "notices", "metrics", "baselines", "capacity", "curves", "subgroups", "selection", "drift", "months", "rolling", "staleness",
    "importance", "dependence", "gaps", "access",
)  # fmt: skip
"""Parts of the evaluation that the page shows."""
MOST_DRIFTED = 40


def draw(evaluation: Evaluation, folder: Path, wanted: Sequence[str] = tuple(PICTURES)) -> list[Path]:
    """Write the plots wanted and `evaluation.html` (one page that works without a network). Returns their paths."""
    pictures = [
        picture(evaluation, draw_one, folder / f"{name}.png")
        for name, (part, draw_one) in PICTURES.items()
        if name in wanted and getattr(evaluation, part)
    ]
    return [*pictures, disk.write(folder / "evaluation.html", page(evaluation).encode())]


def page(evaluation: Evaluation) -> str:
    """Write one HTML page with every curve, group and change. Readers can point at values and compare them."""
    written = plain(evaluation)
    shown = {name: written.get(name, []) for name in SHOWN}
    shown["drift"]["features"] = shown["drift"]["features"][:MOST_DRIFTED]
    shown["subgroups"] = [{**plain(row), "name": in_group(row)} for row in evaluation.subgroups]
    shown["access"] = [{**plain(row), "name": in_group(row)} for row in evaluation.access]
    shown["gaps"] = {GROUPS.get(name, words(name)): plain(gap) for name, gap in evaluation.gaps.items()}
    data = json.dumps(shown, allow_nan=False).replace("</", "<\\/")
    template = files("models.documents").joinpath("templates/evaluation.html").read_text(encoding="utf-8")
    return template.replace("__EVALUATION__", data)


def picture(evaluation: Evaluation, draw_one: Callable[[Any, Evaluation], None], path: Path) -> Path:
    """Write one plot as PNG."""
    buffer = io.BytesIO()
    drawn(evaluation, draw_one).savefig(buffer, format="png", metadata={"Software": ""})
    return disk.write(path, buffer.getvalue())


def drawn(evaluation: Evaluation, draw_one: Callable[[Any, Evaluation], None]) -> Any:
    """Draw one figure. Each drawing sets its own margins, because automatic layout takes half as much time again."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.4), dpi=100)
    figure.subplots_adjust(left=0.1, right=0.97, top=0.92, bottom=0.13)
    FigureCanvasAgg(figure)
    draw_one(figure, evaluation)
    return figure
