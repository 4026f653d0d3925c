"""Opens a site's output folder for data scientists: features, outcomes, scores, the champion and the report. It only
reads."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from data_schemas.disk import read_parquet
from data_schemas.errors import ConfigurationError
from data_schemas.nearest import nearest
from data_schemas.receipts import Snapshot, TrainingPlan
from models import storage
from models.learning import known_outcomes, sample
from neighbourly import frames
from neighbourly.frames import Frame

Day = str | dt.date


class Site:
    """The output of `neighbourly run --out FOLDER`. Dates can be text (`"2026-04-01"`) or `datetime.date`.

    Nothing here writes to the folder's store. `log_model` writes only to MLflow.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"

    def __repr__(self) -> str:
        return f"neighbourly.open({str(self.folder)!r})"

    @property
    def as_of_dates(self) -> list[dt.date]:
        """As-of dates with features, oldest first."""
        return sorted(self._snapshots)

    @property
    def runs(self) -> list[dt.date]:
        """As-of dates of the published runs, oldest first."""
        found = (path.parent.name for path in self.folder.glob("*/report.json"))
        return sorted(dt.date.fromisoformat(name) for name in found)

    @property
    def train_dates(self) -> list[dt.date]:
        """Dates on which the model of the newest run was trained."""
        return [dt.date.fromisoformat(day) for day in self.report()["train_as_of"]]

    @property
    def test_dates(self) -> list[dt.date]:
        """Dates on which the model of the newest run was tested."""
        return [dt.date.fromisoformat(day) for day in self.report()["test_as_of"]]

    def report(self, as_of: Day | None = None) -> dict[str, Any]:
        """Read `report.json` of a run. Without `as_of`, of the newest."""
        found: dict[str, Any] = json.loads((self._run(as_of) / "report.json").read_bytes())
        return found

    def scores(self, as_of: Day | None = None) -> Frame:
        """Risk, band and rank of everyone in a run's cohort. Without `as_of`, of the newest run."""
        return frames.frame(read_parquet(self._run(as_of) / "scores.parquet"))

    def meanings(self, as_of: Day | None = None) -> pd.DataFrame:
        """Describe each feature: name, meaning, family, unit, its value if nothing is recorded, and the share
        missing."""
        snapshot = self._snapshot(as_of)
        statistics = sample.statistics_of(snapshot)
        kept = ("name", "means", "family", "unit", "missing")
        rows = [{name: getattr(feature, name) for name in kept} for feature in sample.features_of(snapshot)]
        shares = [statistics[row["name"]]["missing_share"] for row in rows]
        return pd.DataFrame(rows).set_index("name").assign(share_missing=shares)

    def features(self, as_of: Day | None = None, columns: Sequence[str] | None = None) -> Frame:
        """Features (float32, NaN if nothing is known) of everyone in the cohort: all, or those named in `columns`.

        Raises:
            ConfigurationError: if there is no snapshot of that date, or no feature of that name.
        """
        snapshot = self._snapshot(as_of)
        declared = [feature.name for feature in sample.features_of(snapshot)]
        unknown = [name for name in columns or () if name not in declared]
        if unknown:
            raise ConfigurationError([f"there is no feature {name!r}{nearest(name, declared)}" for name in unknown])
        return frames.by_person(snapshot.folder, frames.features(snapshot.folder, list(columns or declared)))

    def cohort(self, as_of: Day | None = None) -> Frame:
        """The people in the cohort: practice, cluster, age, sex, area."""
        return frames.frame(sample.cohort(self._snapshot(as_of)).drop("person"))

    def outcomes(self, as_of: Day | None = None) -> Frame:
        """Outcomes in the window after a date: `event`, `days_to_event`, `died`, `left`, `days_observed`, `bed_days`.

        A person who `left` was no longer registered before the window ended and had not had the outcome, so the outcome
        is not known. Raises ConfigurationError if the window had not ended when the run was made.
        """
        snapshot = self._snapshot(as_of)
        rows = known_outcomes.outcomes(snapshot, self._plan.outcome, self._plan.horizon_days)
        return frames.by_person(snapshot.folder, rows)

    def examples(self, *as_of: Day, columns: Sequence[str] | None = None) -> tuple[Frame, pd.Series]:
        """Features and outcome (0 or 1) of everyone whose outcome is known. Rows of several dates follow one another.

        A person has one row for each date. Keep their rows together when you split (`groups=X.index`).
        """
        parts = [(self.features(day, columns), self.outcomes(day)) for day in as_of]
        known = [outcomes.index[~outcomes["left"]] for _, outcomes in parts]
        x = pd.concat([features.loc[rows] for (features, _), rows in zip(parts, known, strict=True)])
        y = pd.concat([outcomes.loc[rows, "event"] for (_, outcomes), rows in zip(parts, known, strict=True)])
        return Frame(x), y.astype("int8")

    def champion(self) -> Any:
        """The registered champion: a fitted scikit-learn classifier that takes the frame of `features`.

        Raises:
            ConfigurationError: if no model has become champion yet.
        """
        from models import registry

        version = registry.champion_version(self._plan, self.store)
        folder = self.store / "models" / (version or "none")
        if not folder.is_dir():
            why = (
                "no model is champion yet; the report's alarms say what holds it back"
                if version is None
                else (
                    "the champion's files are not in the store; run `neighbourly score` once to fetch them from MLflow"
                )
            )
            raise ConfigurationError(f"{self.folder}: {why}")
        return storage.load(folder)

    def log_model(self, model: Any, name: str, train: Sequence[Day], test: Sequence[Day] | None = None) -> str:
        """Log your own fitted classifier to the site's MLflow. Returns a run id for `neighbourly compare`.

        `train` are the dates on which you trained it. It is tested on the `test` dates (default: those of the newest
        run). It must have been fitted to a frame with the names of features as columns, and contain only types of
        scikit-learn or LightGBM.
        """
        from models.own import Training, log_own

        names = getattr(model, "feature_names_in_", None)
        if names is None:
            raise ConfigurationError(
                "the model does not know its features; fit it on a frame of site.features or site.examples"
            )
        judged_by = self.test_dates if test is None else test
        given = Training(self._plan, [self._snapshot(day) for day in train], [self._snapshot(day) for day in judged_by])
        return log_own(model, [str(feature) for feature in names], name, given, self.store)

    @cached_property
    def _snapshots(self) -> dict[dt.date, Snapshot]:
        """The newest snapshot of each date."""
        files = sorted(self.store.glob("snapshots/*/snapshot.json"), key=lambda path: path.stat().st_mtime_ns)
        return {snapshot.as_of: snapshot for snapshot in (sample.snapshot_at(file.parent) for file in files)}

    def _snapshot(self, as_of: Day | None) -> Snapshot:
        day = _date(as_of) if as_of is not None else max(self._snapshots, default=None)
        if day not in self._snapshots:
            dates = ", ".join(map(str, self.as_of_dates)) or "none"
            raise ConfigurationError(f"{self.folder}: no features as of {day}; dates with features: {dates}")
        return self._snapshots[day]

    def _run(self, as_of: Day | None) -> Path:
        day = _date(as_of) if as_of is not None else max(self.runs, default=None)
        if day not in self.runs:
            dates = ", ".join(map(str, self.runs)) or "none"
            raise ConfigurationError(f"{self.folder}: no run as of {day}; published runs: {dates}")
        return self.folder / str(day)

    @property
    def _plan(self) -> TrainingPlan:
        """The training plan of the newest run's model: what it predicts."""
        return storage.describe(self.store / "models" / self.report()["model_version"]).plan


def _date(day: Day) -> dt.date:
    return dt.date.fromisoformat(day) if isinstance(day, str) else day
