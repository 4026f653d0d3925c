"""Pictures of an evaluation, as PNG for MLflow and reports; they hold counts and curves, never a person."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.storage import write_atomically


def draw(evaluation: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write `selection.png` and `top-of-list.png`."""
    return [_selection(evaluation, folder / "selection.png"), _top(evaluation, folder / "top-of-list.png")]


def _figure() -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _save(figure: Any, path: Path) -> Path:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": ""})
    return write_atomically(path, buffer.getvalue())


def _selection(evaluation: Mapping[str, Any], path: Path) -> Path:
    """AUROC of every candidate in cross-validation, with its interval."""
    figure, axes = _figure()
    trials = evaluation["selection"]
    for place, trial in enumerate(trials):
        error = [[trial["auroc"] - trial["auroc_low"]], [trial["auroc_high"] - trial["auroc"]]]
        axes.errorbar(
            trial["auroc"], place, xerr=error, fmt="o", color="tab:blue" if trial["chosen"] else "0.5", capsize=3
        )
    axes.set_yticks(range(len(trials)), [t["candidate"] + (" (chosen)" if t["chosen"] else "") for t in trials])
    axes.set(xlabel="AUROC in cross-validation on the training dates", title="Candidates")
    return _save(figure, path)


def _top(evaluation: Mapping[str, Any], path: Path) -> Path:
    """PPV of the top of the list, against the simple rivals."""
    figure, axes = _figure()
    for name, figures in {"model": evaluation["metrics"]["test"], **evaluation["baselines"]}.items():
        shares = list(figures["ppv_at"])
        axes.plot(
            [float(s) * 100 for s in shares], [figures["ppv_at"][s] for s in shares], "o-", label=name.replace("_", " ")
        )
    axes.set(
        xlabel="people reached (% of all, highest risk first)",
        ylabel="share with the outcome (PPV)",
        title="Top of the list",
    )
    axes.legend()
    return _save(figure, path)
