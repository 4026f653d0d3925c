"""Pictures of an evaluation, as PNG for MLflow and reports, and one page to look into; they hold counts and curves, never a person."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from models.storage import write_atomically

COLOURS = {"model": "#005eb8", "age_sex": "#8a6d00", "prior_admissions": "#7c2855", "everybody": "#4c6272"}


def draw(evaluation: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write every picture and `evaluation.html` (one page that works without a network); gives their paths."""
    pictures = {
        "selection": selection,
        "calibration": calibration,
        "roc": lambda axes, e: curves(
            axes, e["curves"]["roc"], "fpr", "tpr", "ROC", "false positive rate", "sensitivity"
        ),
        "precision-recall": lambda axes, e: curves(
            axes, e["curves"]["precision_recall"], "recall", "precision", "Precision and recall", "sensitivity", "PPV"
        ),
        "lift": lambda axes, e: curves(
            axes,
            e["curves"]["lift"],
            "people",
            "events",
            "Lift",
            "share of people reached",
            "share of events among them",
        ),
        "decision-curve": decision,
        "subgroups": subgroups,
        "drift": drift,
    }
    drawn = [picture(evaluation, draw_one, folder / f"{name}.png") for name, draw_one in pictures.items()]
    return [*drawn, write_atomically(folder / "evaluation.html", page(evaluation).encode())]


def page(evaluation: Mapping[str, Any]) -> str:
    """One HTML page with every curve, group and change to hover over and to compare."""
    shown = {
        name: evaluation[name]
        for name in ("curves", "subgroups", "selection", "drift", "alarms", "notices", "metrics", "baselines")
    }
    shown["drift"] = {**shown["drift"], "features": shown["drift"]["features"][:40]}
    data = json.dumps(shown, allow_nan=False).replace("</", "<\\/")
    template = files("models").joinpath("templates/evaluation.html").read_text(encoding="utf-8")
    return template.replace("__EVALUATION__", data)


def picture(evaluation: Mapping[str, Any], draw_one: Callable[[Any, Mapping[str, Any]], None], path: Path) -> Path:
    """One PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.4), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    draw_one(figure.add_subplot(), evaluation)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": ""})
    return write_atomically(path, buffer.getvalue())


def named(name: str) -> str:
    """A name for a legend."""
    return name.replace("_", " ")


def selection(axes: Any, evaluation: Mapping[str, Any]) -> None:
    """AUROC of every candidate in cross-validation, with its interval."""
    trials = evaluation["selection"]
    for place, trial in enumerate(trials):
        error = [[trial["auroc"] - trial["auroc_low"]], [trial["auroc_high"] - trial["auroc"]]]
        axes.errorbar(
            trial["auroc"], place, xerr=error, fmt="o", color="#005eb8" if trial["chosen"] else "0.5", capsize=3
        )
    axes.set_yticks(range(len(trials)), [named(t["candidate"]) + (" (chosen)" if t["chosen"] else "") for t in trials])
    axes.set(xlabel="AUROC in cross-validation on the training dates", title="Candidates")


def calibration(axes: Any, evaluation: Mapping[str, Any]) -> None:
    """Observed against expected in tenths of risk, and how many people are at each risk."""
    rows = evaluation["curves"]["calibration"]
    expected, observed = [r["expected"] for r in rows], [r["observed"] for r in rows]
    error = [[max(r["observed"] - r["low"], 0) for r in rows], [max(r["high"] - r["observed"], 0) for r in rows]]
    top = max(*expected, *observed) * 1.05
    axes.plot([0, top], [0, top], color="0.6", linestyle="--", label="perfect")
    axes.errorbar(expected, observed, yerr=error, fmt="o-", color="#005eb8", capsize=3, label="model")
    axes.bar(expected, [top * 0.06] * len(rows), width=top / 60, color="#005eb8", alpha=0.25)
    axes.set(
        xlabel="expected risk (mean of each tenth of people)", ylabel="share with the outcome", title="Calibration"
    )
    axes.legend()


def curves(axes: Any, table: Mapping[str, Any], x: str, y: str, title: str, across: str, up: str) -> None:
    """One line for the model and each rival."""
    for name, points in table.items():
        axes.plot([p[x] for p in points], [p[y] for p in points], color=COLOURS.get(name), label=named(name))
    axes.set(xlabel=across, ylabel=up, title=title)
    axes.legend()


def decision(axes: Any, evaluation: Mapping[str, Any]) -> None:
    """Net benefit by threshold."""
    rows = evaluation["curves"]["decision"]
    across = [row["threshold"] for row in rows]
    for name in ("model", *evaluation["baselines"], "everybody"):
        axes.plot(across, [row[name] for row in rows], color=COLOURS.get(name), label=named(name))
    axes.fill_between(across, [row["low"] for row in rows], [row["high"] for row in rows], color="#005eb8", alpha=0.15)
    axes.axhline(0, color="0.4", linewidth=0.8, label="nobody")
    axes.set_ylim(min(row["low"] for row in rows) - 0.005, max(row["high"] for row in rows) * 1.15)
    axes.set(xlabel="risk at which people are reached", ylabel="net benefit a person", title="Decision curve")
    axes.legend()


def subgroups(axes: Any, evaluation: Mapping[str, Any]) -> None:
    """Observed over expected of every group, with its interval."""
    rows = [row for row in evaluation["subgroups"] if row.get("observed_expected_low") is not None]
    for place, row in enumerate(rows):
        axes.plot([row["observed_expected_low"], row["observed_expected_high"]], [place, place], color="0.5")
        axes.plot(row["observed_expected"], place, "o", color="#005eb8", markersize=4)
    axes.axvline(1, color="0.4", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [f"{named(row['group'])}: {row['value']}" for row in rows], fontsize=6)
    axes.set(xlabel="observed / expected (95% interval)", title="Groups")


def drift(axes: Any, evaluation: Mapping[str, Any]) -> None:
    """The features that have changed most since training."""
    rows = evaluation["drift"]["features"][:15][::-1]
    axes.barh([row["feature"] for row in rows], [row["psi"] for row in rows], color="#005eb8")
    axes.axvline(0.25, color="0.4", linewidth=0.8)
    axes.tick_params(axis="y", labelsize=7)
    axes.set(xlabel="population stability index (0.25: marked change)", title="Change since training", xlim=(0, None))
