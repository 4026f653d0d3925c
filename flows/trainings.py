"""Writes all trainings of an output folder as one table and one page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from data_schemas import disk
from pipeline import pages
from pipeline.publish.tabular import csv
from pipeline.words import day

if TYPE_CHECKING:
    from models.registry.trainings import Training

FOLDER = "compare"
TAGS = ("kind", "site", "outcome", "as_of", "train_as_of", "test_as_of", "alarms", "model_version", "feature_set",
        "data_fingerprint", "test_fingerprint", "code_version")  # fmt: skip
PARAMETERS = ("candidate", "calibration", "horizon_days", "leavers", "features", "rows", "people", "events")
METRICS = (
    *(f"test/{name}" for name in (
        "n", "events", "auroc", "auroc_low", "auroc_high", "average_precision", "brier", "calibration_slope",
        "calibration_slope_low", "calibration_slope_high", "calibration_intercept", "observed_expected",
        "observed_expected_low", "observed_expected_high", "ppv_at/0.01", "ppv_at/0.05", "ppv_at/0.10",
        "sensitivity_at/0.01", "sensitivity_at/0.05", "sensitivity_at/0.10",
    )),
    "age_sex/auroc", "prior_admissions/auroc",
    *(f"gain_over/age_sex/auroc/{name}" for name in ("difference", "low", "high")),
    "selection/log_loss", "drift/risk",
)  # fmt: skip
"""The columns of the table. MLflow has everything else."""


@dataclass(frozen=True)
class Group:
    """Trainings that were tested on the same rows, best first."""

    title: str
    n: str
    events: str
    rows: list[Mapping[str, str]]


def write(trainings: Sequence[Training], out: Path) -> dict[str, Any]:
    """Write `compare/trainings.csv` and `compare/trainings.html`. Returns their paths."""
    table = disk.write(out / FOLDER / "trainings.csv", csv(frame(trainings)))
    groups = grouped(trainings)
    page = disk.write(
        out / FOLDER / "trainings.html", pages.render("trainings.html", groups=groups, total=len(trainings))
    )
    return {
        "trainings": len(trainings),
        "judged on the same people": len(groups),
        "page": str(page),
        "table": str(table),
    }


def frame(trainings: Sequence[Training]) -> pl.DataFrame:
    """Make one row for each training, newest first. A value that a run did not record is empty."""
    named = {name.replace("/", "_"): name for name in METRICS}
    columns: dict[str, Iterable[Any]] = {
        "run_id": [training.run_id for training in trainings],
        "started": [f"{training.started:%Y-%m-%dT%H:%M:%SZ}" for training in trainings],
        "version": [training.version for training in trainings],
        **{name: [training.tags.get(name, "") for training in trainings] for name in TAGS},
        **{name: [training.parameters.get(name, "") for training in trainings] for name in PARAMETERS},
        **{name: [training.metrics.get(metric) for training in trainings] for name, metric in named.items()},
    }
    return pl.DataFrame(columns, schema_overrides=dict.fromkeys(named, pl.Float64))


def grouped(trainings: Sequence[Training]) -> list[Group]:
    """Group trainings by the dates and people they were tested on, newest test dates first."""
    ordered = sorted(trainings, key=_judged_on, reverse=True)
    return [_group(list(rows)) for _, rows in groupby(ordered, key=_judged_on)]


def _judged_on(training: Training) -> tuple[str, ...]:
    """A key that is the same for runs that can be compared. Runs of release 0.1 recorded their test dates but not the
    rows."""
    tags = training.tags
    return (
        tags.get("test_as_of", ""), tags.get("site", ""), tags.get("outcome", ""), training.parameters.get("horizon_days", ""),
        tags.get("test_fingerprint", ""), str(training.metrics.get("test/n", "")),
    )  # fmt: skip


def _group(rows: list[Training]) -> Group:
    first = rows[0]
    days = " and ".join(day(dt.date.fromisoformat(one)) for one in first.tags.get("test_as_of", "").split())
    what = first.tags.get("outcome", "").replace("_", " ")
    title = f"{first.tags.get('site', '')}, {what} within {first.parameters.get('horizon_days', '?')} days, judged at {days}"
    best_first = sorted(rows, key=lambda training: -training.metrics.get("test/auroc", 0))
    counts = (first.metrics.get(f"test/{name}") for name in ("n", "events"))
    n, events = (f"{value:,.0f}" if value is not None else "not known" for value in counts)
    return Group(title, n, events, [_row(training) for training in best_first])


def _row(training: Training) -> dict[str, str]:
    return {
        "model": training.parameters.get("candidate", "").replace("_", " "),
        "version": training.version,
        "started": f"{training.started:%Y-%m-%d %H:%M}",
        "trained": training.tags.get("train_as_of", "").replace(" ", ", "),
        "auroc": figure(training, "auroc", 3),
        "slope": figure(training, "calibration_slope", 2),
        "observed": figure(training, "observed_expected", 2),
        "ppv": share(training.metrics.get("test/ppv_at/0.05")),
        "gain": gain(training),
        "alarms": training.tags.get("alarms", ""),
        "run": training.run_id,
    }


def figure(training: Training, name: str, places: int) -> str:
    """A figure on the test dates with its interval. Empty if it is not known."""
    value, low, high = (training.metrics.get(f"test/{name}{end}") for end in ("", "_low", "_high"))
    if value is None:
        return ""
    return f"{value:.{places}f}" + (f" [{low:.{places}f} to {high:.{places}f}]" if None not in (low, high) else "")


def gain(training: Training) -> str:
    """AUROC minus that of age and sex, paired, with its interval."""
    values = [training.metrics.get(f"gain_over/age_sex/auroc/{name}") for name in ("difference", "low", "high")]
    known = [value for value in values if value is not None]
    return "{:+.3f} [{:+.3f} to {:+.3f}]".format(*known) if len(known) == len(values) else ""


def share(value: float | None) -> str:
    """Write a share in per cent: 0.123 → `12%`."""
    return "" if value is None else f"{100 * value:.0f}%"
