"""What a model comes from: the names, keys and fingerprints that identify runs, never a row."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data_schemas.receipts import Snapshot, TrainingPlan
from models.documents.words import number, words
from models.storage import VERSION_LETTERS

PACKAGE = Path(__file__).parent
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
"""Figures that follow from others, and bounds that matter for the model alone."""
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


@cache
def learning_code() -> str:
    """Release and hash of the source files of this package."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{version('neighbourly')}+{digest.hexdigest()[:12]}"


def training_key(plan: TrainingPlan, train: Sequence[Snapshot], test: Sequence[Snapshot]) -> str:
    """Hash of all that decides which model comes out and how it is judged: data, plan and code."""
    parts: list[Any] = [
        plan.site,
        plan.outcome,
        plan.horizon_days,
        plan.leavers,
        plan.seed,
        plan.minimum_events,
        learning_code(),
    ]
    parts += (
        [[str(s.as_of), s.feature_set, s.fingerprint] for s in train]
        + ["test"]
        + [[str(s.as_of), s.fingerprint] for s in test]
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[: 2 * VERSION_LETTERS]


def registered_name(plan: TrainingPlan) -> str:
    """One registered model for each site, outcome and horizon."""
    site = re.sub(r"[^a-z0-9]+", "-", plan.site.lower()).strip("-") or "site"
    return f"neighbourly-{site}-{plan.outcome}-{plan.horizon_days}d"


def fingerprints(snapshots: Sequence[Snapshot]) -> list[dict[str, Any]]:
    """As-of date, fingerprint and number of rows of snapshots."""
    return [
        {"as_of": str(s.as_of), "fingerprint": s.fingerprint, "feature_set": s.feature_set, "rows": s.rows}
        for s in snapshots
    ]


def tags(plan: TrainingPlan, described: Mapping[str, Any], evaluation: Mapping[str, Any]) -> dict[str, str]:
    """What runs are filtered and compared by."""
    return {
        "site": plan.site,
        "outcome": plan.outcome,
        "as_of": str(plan.as_of or ""),
        "train_as_of": " ".join(s["as_of"] for s in described["train"]),
        "test_as_of": " ".join(s["as_of"] for s in evaluation["test"]),
        "feature_set": described["feature_set"],
        "data_fingerprint": " ".join(s["fingerprint"][:12] for s in described["train"]),
        "code_version": described["code"],
        "model_version": described["model_version"],
        "configuration": plan.configuration,
        **standing(evaluation),
    }


def standing(evaluation: Mapping[str, Any]) -> dict[str, str]:
    """Tags that a later look at a model can change: its alarms, the as-of date of the snapshot that was looked at last, the summary."""
    names = sorted({alarm["name"] for alarm in evaluation["alarms"]})
    return {
        "alarms": ", ".join(names) or "none",
        "looked_at": evaluation["drift"]["as_of"],
        "mlflow.note.content": summary(evaluation),
    }


def summary(evaluation: Mapping[str, Any]) -> str:
    """What the page of a run says at its top, as Markdown."""
    test, rivals = evaluation["metrics"]["test"], evaluation["differences"]
    dates = ", ".join(s["as_of"] for s in evaluation["test"])
    lines = [
        f"Judged on {test['n']:,} person-dates ({dates}).",
        f"AUROC {number(test, 'auroc', 3)}.",
        f"Calibration slope {number(test, 'calibration_slope')}, observed/expected {number(test, 'observed_expected')}.",
        *(f"AUROC above that of {words(name)}: {d['auroc']['difference']:.3f} [{d['auroc']['low']:.3f} to {d['auroc']['high']:.3f}]."
          for name, d in rivals.items()),
        *(f"**Alarm, {alarm['name']}**: {alarm['detail']}" for alarm in evaluation["alarms"]),
        "Pictures and tables to look into: Artifacts, `plots/evaluation.html`. In words: `documents/model-card.md`.",
    ]  # fmt: skip
    return "\n".join(f"- {line}" for line in lines)


def figures(evaluation: Mapping[str, Any]) -> list[tuple[str, float, int]]:
    """Name, value and step of every metric that runs are compared by: who or what is judged, then the figure.

    Steps: the part of the outcome window for `month`, days since the score for `staleness`, the place of the date for `rolling`.
    """
    test = evaluation["metrics"]["test"]
    judged = {name: compared(value) for name, value in evaluation["metrics"].items() if value != test}
    chosen: Mapping[str, Any] = next((trial for trial in evaluation["selection"] if trial["chosen"]), {})
    tree: dict[str, Any] = {
        "test": {"auroc": None} | test,
        **judged,
        **{name: compared(rival) for name, rival in evaluation["baselines"].items()},
        "gain_over": {name: {"auroc": d["auroc"]} for name, d in evaluation["differences"].items()},
        "gap": evaluation["gaps"],
        "selection": {name: chosen[name] for name in ("auroc", "log_loss") if name in chosen},
        "drift": {"risk": evaluation["drift"]["risk"], "features_marked": evaluation["drift"]["marked"]},
        "alarms": {"standing": len(evaluation["alarms"])},
    }
    found = [(name, value, 0) for name, value in flat(tree)]
    for row in evaluation["months"]:
        found += [(f"month/{name}", value, row["part"]) for name, value in flat(row) if name != "part"]
    for place, row in enumerate(evaluation.get("rolling", []), start=1):
        found += [(f"rolling/{name}", row[name], place) for name in OVER_TIME if row.get(name) is not None]
    for row in evaluation.get("staleness", []):
        for who in ("old_score", "refreshed", "retrained"):
            found += [
                (f"staleness/{who}/{name}", row[who][name], row["days"])
                for name in OVER_TIME
                if row[who].get(name) is not None
            ]
    return found


def parameters(plan: TrainingPlan, described: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen and how much was learnt from."""
    names = ("candidate", "calibration", "rows", "people", "events")
    planned = {name: getattr(plan, name) for name in ("outcome", "horizon_days", "leavers", "seed", "minimum_events")}
    return planned | {name: described[name] for name in names} | {"features": len(described["features"])}


def compared(part: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a rival or of some people by which runs are compared: a wall of intervals would hide them."""
    return {
        name: value
        for name, value in part.items()
        if not name.startswith(NOT_COMPARED) and (name in OVER_TIME or not name.endswith(("_low", "_high")))
    }


def flat(tree: Mapping[str, Any], above: str = "") -> list[tuple[str, float]]:
    """Numbers of a tree with their path."""
    found: list[tuple[str, float]] = []
    for name, value in tree.items():
        path = f"{above}/{name}" if above else str(name)
        if isinstance(value, Mapping):
            found += flat(value, path)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.append((path, float(value)))
    return found
