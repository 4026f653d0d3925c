"""Evaluates a model on the test dates: headline metrics, groups of people, and how well the true risks do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.disk import scan_parquet
from data_schemas.receipts import Snapshot, TrainingPlan
from models import metrics
from models.judging import curves, intervals
from models.judging.figures import Metrics
from models.judging.intervals import Judged
from models.judging.record import Oracle
from models.learning import known_outcomes, sample
from models.learning.estimators import RiskModel
from models.metrics import Array


@dataclass(frozen=True)
class TestData:
    """Everyone with a known outcome at the test dates, and the values of the model's columns for them."""

    __test__ = False
    snapshots: Sequence[Snapshot]
    person: NDArray[np.int32]
    y: NDArray[np.int8]
    as_of: NDArray[np.int32]
    kept_weight: Array
    """Inverse probability of staying under observation."""
    left: int
    """People who left before their outcome was known, and so are not among the rows."""
    plan: TrainingPlan

    def judged(self, p: Array, *, weighted: bool | None = None) -> Judged:
        """Outcomes with these risks, weighted as the plan says or as given."""
        plan = self.plan if weighted is None else replace(self.plan, leavers="weight" if weighted else "exclude")
        return Judged(self.y, p, self.person, known_outcomes.weight_of(plan, self.kept_weight))

    def risks(self, model: RiskModel) -> Array:
        """Risks of all rows by a model."""
        parts = [_risks(model, snapshot, self.rows_of(snapshot)) for snapshot in self.snapshots]
        return np.concatenate(parts)

    def rows_of(self, snapshot: Snapshot) -> NDArray[np.int32]:
        """People with a known outcome at the snapshot's date."""
        at_date: NDArray[np.bool_] = self.as_of == known_outcomes.day_number(snapshot.as_of)
        return self.person[at_date]

    def columns(self, names: list[str]) -> NDArray[np.float32]:
        """Features by name for all rows."""
        return self.columns_at(names, np.arange(len(self.y)))

    def columns_at(self, names: list[str], rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Features by name for some rows, given in ascending order."""
        person, as_of = self.person[rows], self.as_of[rows]
        days = [(snapshot, known_outcomes.day_number(snapshot.as_of)) for snapshot in self.snapshots]
        return np.concatenate([sample.matrix(snapshot, names, person[as_of == day]) for snapshot, day in days])

    def outcome(self, column: str) -> NDArray[Any]:
        """A column of the outcomes (docs/explanation/architecture.md) of all rows, NaN where it is null."""
        parts = [known_outcomes.settled(s, self.plan).filter(~pl.col("left")) for s in self.snapshots]
        values: NDArray[Any] = (
            pl.concat([part[column].cast(pl.Float64) for part in parts]).fill_null(float("nan")).to_numpy()
        )
        return values

    def cohort(self, *columns: str) -> pl.DataFrame:
        """These columns of the cohort, in the order of the other arrays. Columns that it lacks are left out."""
        parts = []
        for snapshot in self.snapshots:
            rows = pl.DataFrame({"person": self.rows_of(snapshot)}, schema={"person": pl.Int32})
            parts.append(rows.join(sample.cohort(snapshot, *columns), on="person", how="left", maintain_order="left"))
        return pl.concat(parts, how="diagonal")


def _risks(model: RiskModel, snapshot: Snapshot, person: NDArray[np.int32]) -> Array:
    from models.score import risks

    return risks(model, snapshot, person)


def load_test(snapshots: Sequence[Snapshot], plan: TrainingPlan) -> TestData:
    """Load outcomes of the test dates, without people whose outcome is unknown."""
    known = [known_outcomes.known_outcomes(snapshot, plan) for snapshot in snapshots]
    return TestData(
        snapshots,
        np.concatenate([k.person for k in known]),
        np.concatenate([k.y for k in known]),
        np.concatenate([k.as_of for k in known]),
        np.concatenate([k.kept_weight for k in known]),
        sum(int(known_outcomes.outcomes(s, plan.outcome, plan.horizon_days)["left"].sum()) for s in snapshots),
        plan,
    )


def judge(test: TestData, p: Array, trained_on: NDArray[np.int32]) -> tuple[Metrics, Metrics, Metrics, Metrics]:
    """Work out figures on the test dates: for everybody, for people never trained on, and with leavers excluded and
    weighted.

    `trained_on` are all people in the data that the training rows came from. The share of test people among them is
    part of the first figures.
    """
    seed = test.plan.seed
    judged, known = test.judged(p), np.isin(test.person, trained_on)
    figures = intervals.headline(judged, seed=seed)
    distances = curves.calibration_distances(judged, seed=seed)
    everybody = replace(figures, share_also_trained_on=float(known.mean()), **distances)
    either_way = [
        everybody if way == test.plan.leavers else part_figures(test.judged(p, weighted=way == "weight"), seed)
        for way in ("exclude", "weight")
    ]
    return everybody, part_figures(judged.where(~known), seed), either_way[0], either_way[1]


def part_figures(part: Judged, seed: int) -> Metrics:
    """Headline metrics of some rows, or only their counts if nothing can be tested."""
    if len(part) == 0 or part.y.sum() in (0, len(part)):
        return Metrics(**intervals.counts(part))
    return intervals.headline(part, replicates=100, seed=seed)


def true_risks(test: TestData, truth: Path) -> Array:
    """The true risk of every row, NaN if the file (`person_id, as_of, risk`) does not have it."""
    rows = test.cohort("person_id").select("person_id").with_columns(as_of=pl.Series(test.as_of).cast(pl.Date))
    columns = ("person_id", pl.col("as_of").cast(pl.Date), pl.col("risk").cast(pl.Float64))
    days = [snapshot.as_of for snapshot in test.snapshots]
    true = scan_parquet(truth).select(*columns).filter(pl.col("as_of").is_in(days)).collect()
    risk = rows.join(true, on=["person_id", "as_of"], how="left", maintain_order="left")["risk"]
    return risk.fill_null(float("nan")).to_numpy()


def oracle(test: TestData, p: Array, truth: Path) -> Oracle:
    """Evaluate the true risks on the same rows, and measure how far the model's risks are from them.

    `auroc_ratio` is the model's AUROC over that of the truth, `rank_correlation` Spearman's between both risks. The
    file has `person_id`, `as_of` and `risk`. Rows without a true risk are left out; None if no row has one.
    """
    from scipy.stats import spearmanr

    risk = true_risks(test, truth)
    known = np.isfinite(risk)
    if not known.any() or test.y[known].sum() in (0, known.sum()):
        return Oracle(int(known.sum()))
    y, ours, theirs = test.y[known], p[known], risk[known]
    best, ours_ppv = (metrics.top_of_list(y, r, int(metrics.top_size(0.05, len(y))))["ppv"] for r in (theirs, ours))
    ours_auroc, theirs_auroc = metrics.auroc(y, ours), metrics.auroc(y, theirs)
    return Oracle(
        n=len(y),
        auroc=theirs_auroc,
        model_auroc=ours_auroc,
        auroc_gap=theirs_auroc - ours_auroc,
        auroc_ratio=ours_auroc / theirs_auroc,
        rank_correlation=float(spearmanr(ours, theirs).statistic),
        mean_absolute_distance=float(np.mean(np.abs(ours - theirs))),
        log_odds_correlation=float(np.corrcoef(metrics.logit(ours), metrics.logit(theirs))[0, 1]),
        ppv_at_5_percent=best,
        model_share_of_ppv_at_5_percent=ours_ppv / best if best else None,
    )
