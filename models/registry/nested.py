"""Logs the runs under a training: its parts, which people compare within it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data_schemas.receipts import plain
from models.judging.record import Evaluation
from models.registry.client import BATCH, quiet, run_of
from models.registry.described import flat

INHERITED = (
    "site",
    "outcome",
    "as_of",
    "train_as_of",
    "test_as_of",
    "feature_set",
    "data_fingerprint",
    "test_fingerprint",
    "code_version",
    "model_version",
)
"""Tags that a training's nested runs have too, so that they can be filtered in the same way."""
OF_GROUPS = ("n", "events", "auroc", "auroc_low", "auroc_high", "observed_expected", "observed_expected_low",
             "observed_expected_high", "calibration_slope", "ppv", "sensitivity", "false_omission_rate")  # fmt: skip
UNNAMEABLE = re.compile(r"[^\w\-. :/]")
"""Characters that the name of a metric must not contain."""


@dataclass(frozen=True)
class Nested:
    """A run under a training: its name, its settings and a tree of figures."""

    name: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]


@quiet()
def log_nested(parent: str, kind: str, rows: Sequence[Nested], store: Path) -> list[str]:
    """Log one run under `parent` for each row. Returns the run ids.

    For results compared within a training: ablations, tuning trials, groups of people.
    """
    client, run = run_of(parent, store)
    return [_log_child(client, run, kind, row) for row in rows]


def _log_child(client: Any, run: Any, kind: str, row: Nested) -> str:
    from mlflow.entities import Metric, Param

    inherited = {name: run.data.tags[name] for name in INHERITED if name in run.data.tags}
    tags = inherited | {"mlflow.parentRunId": run.info.run_id, "kind": kind}
    child = client.create_run(run.info.experiment_id, tags=tags, run_name=f"{kind}: {row.name}")
    numbers = [
        Metric(UNNAMEABLE.sub("_", name), value, 0, 0) for name, value in flat(row.metrics) if np.isfinite(value)
    ]
    given = [Param(name, str(value)) for name, value in row.parameters.items()]
    for start in range(0, max(len(numbers), 1), BATCH):
        client.log_batch(child.info.run_id, metrics=numbers[start : start + BATCH], params=given)
    client.set_terminated(child.info.run_id)
    return str(child.info.run_id)


def nested_of(evaluation: Evaluation) -> dict[str, list[Nested]]:
    """The parts of an evaluation compared within a training: each grouping of people, and each trial of settings."""
    groupings: dict[str, dict[str, Any]] = {}
    for row in evaluation.subgroups:
        written, value = plain(row), row.value.replace("+", " and over")
        for name in OF_GROUPS:
            if not row.too_small and written.get(name) is not None:
                groupings.setdefault(row.group, {}).setdefault(name, {})[value] = written[name]
    trials = [
        Nested(f"trial {trial.number}", trial.settings, {"selection": {"log_loss": trial.log_loss}})
        for trial in evaluation.tuning
    ]
    return {
        "group": [Nested(name.replace("_", " "), {}, figures) for name, figures in groupings.items()],
        "tuning": trials,
    }
