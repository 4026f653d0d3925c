"""Flow: learn, choose, judge and register a model."""

from __future__ import annotations

import dataclasses
from typing import Any

from prefect import flow

from flows.guard import guarded
from flows.lock import alone_in
from flows.parameters import Choices, of_site
from flows.run import Run
from flows.training import ablations, over_time

AGED = ("old_score", "refreshed", "retrained")


@flow(name="train")
def train(parameters: Choices) -> dict[str, Any]:
    """Train on the training dates, judge on the test dates, register, and say what scores."""
    asked = of_site(parameters)
    with alone_in(asked.folder):
        run = Run(asked)
        found = dataclasses.asdict(run.model)
        if asked.ablate:
            found["ablation"] = [in_short(row) for row in guarded("ablate", lambda: ablations(run))]
        if asked.rolling:
            found |= dated(guarded("over time", lambda: over_time(run)))
        return found


def in_short(row: dict[str, Any]) -> dict[str, Any]:
    """An ablation as a line: its AUROC and nearness to the truth, and what the whole model has more of each, with the interval."""
    found = {"name": row["name"], "features": row["features"]}
    for metric in ("auroc", "truth_rank", "truth_distance"):
        if metric in row["figures"]:
            more = row["differences"].get(metric, {})
            found[metric] = round(row["figures"][metric], 4)
            found |= {f"{metric} lost {key}".replace(" difference", ""): round(value, 4) for key, value in more.items()}
    return found


def dated(found: dict[str, Any]) -> dict[str, Any]:
    """Rolling origin and staleness as a line a date."""
    rolled = [
        {"judged at": row["test"], "trained at": " ".join(row["train"]), "auroc": interval(row, "auroc"),
         "observed/expected": interval(row, "observed_expected")}
        for row in found["rolling"]
    ]  # fmt: skip
    aged = [
        {
            "days old": row["days"],
            **{f"auroc of the {who.replace('_', ' ')}": interval(row[who], "auroc") for who in AGED if who in row},
        }
        for row in found["staleness"]
    ]
    return {"rolling": rolled, "staleness": aged, "notices": [notice["detail"] for notice in found["notices"]]}


def interval(figures: dict[str, Any], name: str) -> str:
    """A figure with its 95% interval."""
    return f"{figures[name]:.3f} [{figures[f'{name}_low']:.3f}, {figures[f'{name}_high']:.3f}]"
