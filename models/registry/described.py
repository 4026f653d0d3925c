"""Writes what MLflow receives about a training: tags, parameters and named figures, but no rows of data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data_schemas.receipts import SnapshotReference, TrainingPlan, plain
from models.documents.words import difference, number, words
from models.judging.figures import Metrics
from models.judging.record import Evaluation
from models.lineage import dates
from models.storage import Description

NOT_COMPARED = (
    "lift_at",
    "number_needed_at",
    "people",
    "prevalence",
    "ppv_at_worst",
    "ppv_at_best",
    "sensitivity_at_worst",
    "sensitivity_at_best",
)
"""Figures that follow from other figures, and bounds that matter only for the model."""
OVER_TIME = (
    "auroc",
    "auroc_low",
    "auroc_high",
    "calibration_slope",
    "observed_expected",
    "observed_expected_low",
    "observed_expected_high",
)
"""Figures that are followed over dates."""


def tags(plan: TrainingPlan, described: Description, evaluation: Evaluation) -> dict[str, str]:
    """Tags for filtering and comparing runs."""
    return {
        "site": plan.site,
        "outcome": plan.outcome,
        "as_of": str(plan.as_of or ""),
        "train_as_of": dates(described.train, " "),
        "test_as_of": dates(evaluation.test, " "),
        "feature_set": described.feature_set,
        **fingerprints(described.train, evaluation.test),
        "code_version": described.code,
        "model_version": described.model_version,
        "configuration": plan.configuration,
        **standing(evaluation),
    }


def fingerprints(train: Sequence[SnapshotReference], test: Sequence[SnapshotReference]) -> dict[str, str]:
    """Tags that show whether two runs were trained or tested on the same rows."""
    sides = {"data_fingerprint": train, "test_fingerprint": test}
    return {name: " ".join(s.fingerprint[:12] for s in snapshots) for name, snapshots in sides.items()}


def standing(evaluation: Evaluation) -> dict[str, str]:
    """Tags that a later check can change: the model's alarms, the as-of date of the last checked snapshot, the
    summary."""
    names = sorted({alarm.name for alarm in evaluation.alarms})
    return {
        "alarms": ", ".join(names) or "none",
        "looked_at": evaluation.drift.as_of,
        "mlflow.note.content": summary(evaluation),
    }


def summary(evaluation: Evaluation) -> str:
    """Write the top of a run's page, as Markdown."""
    test = evaluation.metrics.test
    lines = [
        f"Judged on {test.n:,} person-dates ({dates(evaluation.test)}).",
        f"AUROC {number(test.auroc, 3)}.",
        f"Calibration slope {number(test.calibration_slope)}, observed/expected {number(test.observed_expected)}.",
        *(f"AUROC above that of {words(name)}: {difference(d['auroc'], 3)}." for name, d in evaluation.differences.items()),
        *(f"**Alarm, {alarm.name}**: {alarm.detail}" for alarm in evaluation.alarms),
        "Pictures and tables to look into: Artifacts, `plots/evaluation.html`. In words: `documents/model-card.md`.",
    ]  # fmt: skip
    return "\n".join(f"- {line}" for line in lines)


def figures(evaluation: Evaluation) -> list[tuple[str, float, int]]:
    """Name, value and step of every metric used to compare runs. A name has the group or model tested, then the figure.

    Steps: the part of the outcome window for `month`, days since the score for `staleness`, the number of the date for
    `rolling`.
    """
    test, gained = plain(evaluation.metrics.test), evaluation.differences.items()
    judged = {name: compared(part) for name, part in plain(evaluation.metrics).items() if part != test}
    tree: dict[str, Any] = {
        "test": test,
        **judged,
        **{name: compared(plain(rival)) for name, rival in evaluation.baselines.items()},
        "gain_over": {name: {"auroc": plain(d["auroc"])} for name, d in gained},
        "gap": {name: plain(gap) for name, gap in evaluation.gaps.items()},
        "selection": next(({"auroc": t.auroc, "log_loss": t.log_loss} for t in evaluation.selection if t.chosen), {}),
        "drift": {"risk": evaluation.drift.risk, "features_marked": evaluation.drift.marked},
        "alarms": {"standing": len(evaluation.alarms)},
    }
    return [(name, value, 0) for name, value in flat(tree)] + over_time(evaluation)


def over_time(evaluation: Evaluation) -> list[tuple[str, float, int]]:
    """Figures that are followed month by month, date by date, and as scores age."""
    rows = []
    for month in evaluation.months:
        rows += [(f"month/{name}", value, month.part) for name, value in flat(plain(month)) if name != "part"]
    for place, row in enumerate(evaluation.rolling or [], start=1):
        rows += _followed("rolling", row, place)
    for aged in evaluation.staleness or []:
        for who, metrics in aged.by_age().items():
            rows += _followed(f"staleness/{who}", metrics, aged.days)
    return rows


def _followed(who: str, metrics: Metrics, step: int) -> list[tuple[str, float, int]]:
    values = plain(metrics)
    return [(f"{who}/{name}", values[name], step) for name in OVER_TIME if values.get(name) is not None]


def parameters(plan: TrainingPlan, described: Description) -> dict[str, Any]:
    """Parameters of a run: the chosen model, and how much data it was trained on."""
    names = ("candidate", "calibration", "rows", "people", "events")
    planned = {name: getattr(plan, name) for name in ("outcome", "horizon_days", "leavers", "seed", "minimum_events")}
    return planned | {name: getattr(described, name) for name in names} | {"features": len(described.features)}


def compared(part: Mapping[str, Any]) -> dict[str, Any]:
    """Figures of a rival or a group that are used to compare runs, without most intervals, which would hide them."""
    return {
        name: value
        for name, value in part.items()
        if not name.startswith(NOT_COMPARED) and (name in OVER_TIME or not name.endswith(("_low", "_high")))
    }


def flat(tree: Mapping[str, Any], above: str = "") -> list[tuple[str, float]]:
    """List the numbers of a nested record with their paths."""
    rows: list[tuple[str, float]] = []
    for name, value in tree.items():
        path = f"{above}/{name}" if above else str(name)
        if isinstance(value, Mapping):
            rows += flat(value, path)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            rows.append((path, float(value)))
    return rows
