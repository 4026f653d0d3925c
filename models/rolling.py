"""When the model works: over all dates the data allow, as it grows old, and month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from data_schemas.receipts import Snapshot, TrainingPlan
from models import evaluate, sample
from models.candidates import Candidate
from models.estimators import RiskModel
from models.fit import fit
from models.judge import TestData, load_test
from models.metrics import Array

REPLICATES = 100


def fitted_on(
    snapshots: Sequence[Snapshot], plan: TrainingPlan, contenders: Sequence[Candidate] | None = None
) -> RiskModel:
    """A model learnt from some snapshots, neither stored nor registered."""
    return fit(sample.load(snapshots, sample.varying(snapshots), plan), plan.seed, contenders).model


def rolling_origin(
    snapshots: Sequence[Snapshot], plan: TrainingPlan, contenders: Sequence[Candidate] | None = None
) -> list[dict[str, Any]]:
    """Headline figures at every date that others, whose windows end by then, can be learnt from; oldest first."""
    ordered = sorted(snapshots, key=lambda s: s.as_of)
    rows = []
    for tested in ordered:
        earlier = [s for s in ordered if s.as_of + dt.timedelta(days=plan.horizon_days) <= tested.as_of]
        if earlier:
            test = load_test([tested], plan)
            p = test.risks(fitted_on(earlier, plan, contenders))
            figures = evaluate.headline(test.judged(p), replicates=REPLICATES, seed=plan.seed)
            rows.append({"test": str(tested.as_of), "train": [str(s.as_of) for s in earlier]} | figures)
    return rows


def staleness(
    old: RiskModel, at: Snapshot, now: Snapshot, retrained: RiskModel, plan: TrainingPlan
) -> dict[str, dict[str, Any]]:
    """What a score loses with age, for people in sight at both dates, judged on the outcomes after `now`.

    `old_score` was worked out at the date of `at` and not touched since, `refreshed` comes from the same model at `now`, and
    `retrained` from a newer model.
    """
    test = load_test([now], plan)
    before = sample.cohort(at)["person"].to_numpy().astype(np.int32)
    both = np.isin(test.person, before)
    judged = test.judged(test.risks(old)).where(both)
    found = {
        "refreshed": judged,
        "retrained": judged.at(test.risks(retrained)[both]),
        "old_score": judged.at(old_scores(old, at, test)[both]),
    }
    return {name: evaluate.headline(part, replicates=REPLICATES, seed=plan.seed) for name, part in found.items()}


def old_scores(model: RiskModel, at: Snapshot, test: TestData) -> Array:
    """Risks at an earlier date, in the order of the test rows; NaN for people who were not there."""
    from models.score import risks

    before = sample.cohort(at)["person"].to_numpy().astype(np.int32)
    scored = pl.DataFrame({"person": before, "risk": risks(model, at, before)})
    rows = pl.DataFrame({"person": test.person})
    return rows.join(scored, on="person", how="left", maintain_order="left")["risk"].fill_null(float("nan")).to_numpy()


def by_month(test: TestData, p: Array, months: int = 12) -> list[dict[str, Any]]:
    """Observed and expected events in each of `months` equal parts of the outcome window.

    The risk of a window is taken to fall evenly on its days (a constant hazard), so that a part's share follows from the whole.
    Months that keep falling or rising tell of drift before the whole window is over.
    """
    days = np.concatenate([_days(test, snapshot) for snapshot in test.snapshots])
    edges = np.linspace(0, test.plan.horizon_days, months + 1)
    hazard = -np.log1p(-np.clip(p, 0, 1 - 1e-9)) / test.plan.horizon_days
    rows = []
    for number, (start, end) in enumerate(pairwise(edges), start=1):
        expected = float(np.sum(np.exp(-hazard * start) - np.exp(-hazard * end)))
        observed = int(np.sum((days >= start) & (days < end)))
        low, high = poisson_interval(observed)
        rows.append({"part": number, "observed": observed, "expected": expected, "observed_expected": observed / expected,
                     "observed_expected_low": low / expected, "observed_expected_high": high / expected})  # fmt: skip
    return rows


def _days(test: TestData, snapshot: Snapshot) -> Array:
    """Days to the event of the test rows of a snapshot; NaN without one."""
    found = sample.outcomes(snapshot, test.plan.outcome, test.plan.horizon_days).filter(~pl.col("left"))
    return found["days_to_event"].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def poisson_interval(count: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a count (Garwood 1936)."""
    from scipy.stats import chi2

    tail = (1 - level) / 2
    low = float(chi2.ppf(tail, 2 * count) / 2) if count else 0.0
    return low, float(chi2.ppf(1 - tail, 2 * (count + 1)) / 2)
