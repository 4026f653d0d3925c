"""Evaluates the model over time: at all dates the data allow, as it ages, and month by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.receipts import Notice, Snapshot, TrainingPlan
from models.judging import intervals
from models.judging.figures import Interval, Metrics
from models.judging.intervals import Judged
from models.judging.record import Aged, Month, Rolled
from models.judging.test_dates import TestData, load_test
from models.learning import first_look, known_outcomes, sample
from models.learning.candidates import contenders
from models.learning.estimators import RiskModel
from models.learning.fit import fit
from models.metrics import Array

REPLICATES = 100
FEW_DATES = "few_dates"


@dataclass(frozen=True)
class OverTime:
    """Figures over all dates, and notices about what the dates did not allow."""

    rolling: list[Rolled]
    staleness: list[Aged]
    notices: list[Notice]


@dataclass(frozen=True)
class Origin:
    """A date, the model that could have existed by then, and its training dates."""

    tested: Snapshot
    trained_on: Sequence[Snapshot]
    model: RiskModel


def over_time(snapshots: Sequence[Snapshot], plan: TrainingPlan, candidate: str | None = None) -> OverTime:
    """Work out the rolling origin and staleness over all the dates given, with one kind of candidate or the best."""
    by_date = origins(snapshots, plan, candidate)
    aged = staleness(by_date, plan)
    return OverTime(rolling_origin(by_date, plan), aged, too_few_dates(by_date, aged, plan))


def origins(snapshots: Sequence[Snapshot], plan: TrainingPlan, candidate: str | None = None) -> list[Origin]:
    """Fit a model for every date with enough data to train on from windows that end by then, oldest first."""
    ordered = sorted(snapshots, key=lambda s: s.as_of)
    by_date = []
    for tested in ordered:
        earlier = [s for s in ordered if s.as_of + dt.timedelta(days=plan.horizon_days) <= tested.as_of]
        known = [known_outcomes.known_outcomes(s, plan).y for s in earlier]
        if sum(int(y.sum()) for y in known) >= max(plan.minimum_events, 1) and _both(load_test([tested], plan).y):
            by_date.append(Origin(tested, earlier, fitted_on(earlier, plan, candidate)))
    return by_date


def _both(y: NDArray[np.int8]) -> bool:
    return bool(0 < y.sum() < len(y))


def fitted_on(snapshots: Sequence[Snapshot], plan: TrainingPlan, candidate: str | None = None) -> RiskModel:
    """Fit a model to some snapshots, without storing or registering it."""
    learning = first_look.load(snapshots, plan)
    return fit(learning, plan.seed, None if candidate is None else contenders(candidate, len(learning))).model


def rolling_origin(by_date: Sequence[Origin], plan: TrainingPlan) -> list[Rolled]:
    """Headline figures at every date, each for the model that was available by then; oldest first."""
    rows = []
    for origin in by_date:
        test = load_test([origin.tested], plan)
        figures = vars(_figures(test.judged(test.risks(origin.model)), plan))
        trained = [str(s.as_of) for s in origin.trained_on]
        rows.append(Rolled(**figures, test=str(origin.tested.as_of), train=trained))
    return rows


def staleness(by_date: Sequence[Origin], plan: TrainingPlan) -> list[Aged]:
    """How scores get worse with age: at the newest date, for people known at both dates, newest score first.

    For every earlier date: `old_score` was worked out then and not changed since; `refreshed` is that day's model
    applied to what is known now; `retrained` is the newest model. All three are tested on the outcomes after the newest
    date.
    """
    return [aged(old, by_date[-1], plan) for old in by_date[-2::-1]]


def aged(old: Origin, now: Origin, plan: TrainingPlan) -> Aged:
    """Headline figures of the old, the refreshed and the retrained score of one earlier date."""
    test = load_test([now.tested], plan)
    before = sample.persons(old.tested)
    both = np.isin(test.person, before)
    refreshed = test.judged(test.risks(old.model)).where(both)
    judged = {
        "old_score": refreshed.at(old_scores(old.model, old.tested, test)[both]),
        "refreshed": refreshed,
        "retrained": refreshed.at(test.risks(now.model)[both]),
    }
    scored, tested = old.tested.as_of, now.tested.as_of
    figures = {name: _figures(part, plan) for name, part in judged.items() if _both(part.y)}
    return Aged(scored=str(scored), test=str(tested), days=(tested - scored).days, **figures)


def too_few_dates(by_date: Sequence[Origin], aged_rows: Sequence[Aged], plan: TrainingPlan) -> list[Notice]:
    """State what could not be checked, and what it would need."""
    notices = []
    if len(by_date) <= 1:
        text = (
            f"Rolling origin: {'one date' if by_date else 'no date'} could be tested by a model from its own time. Each needs another"
            f" date {plan.horizon_days} days before it, with {plan.minimum_events} events and a year of history."
        )
        notices.append(Notice(FEW_DATES, text))
    if not aged_rows:
        text = f"Staleness needs three dates {plan.horizon_days} days apart: the extracts hold fewer, so it is not known how scores age."
        notices.append(Notice(FEW_DATES, text))
    return notices


def _figures(judged: Judged, plan: TrainingPlan) -> Metrics:
    return intervals.headline(judged, replicates=REPLICATES, seed=plan.seed)


def old_scores(model: RiskModel, at: Snapshot, test: TestData) -> Array:
    """Risks at an earlier date, in the order of the test rows. NaN for people who were not registered then."""
    from models.score import risks

    before = sample.persons(at)
    scored = pl.DataFrame({"person": before, "risk": risks(model, at, before)})
    rows = pl.DataFrame({"person": test.person})
    return rows.join(scored, on="person", how="left", maintain_order="left")["risk"].fill_null(float("nan")).to_numpy()


def by_month(test: TestData, p: Array, months: int = 12) -> list[Month]:
    """Observed and expected events in each of `months` equal parts of the outcome window.

    This assumes that the risk is the same on every day of the window (a constant hazard), so that each part's share
    follows from the whole. If observed/expected keeps falling or rising, this shows drift before the window is over.
    """
    days = test.outcome("days_to_event")
    edges = np.linspace(0, test.plan.horizon_days, months + 1)
    hazard = -np.log1p(-np.clip(p, 0, 1 - 1e-9)) / test.plan.horizon_days
    rows = []
    for number, (start, end) in enumerate(pairwise(edges), start=1):
        expected = float(np.sum(np.exp(-hazard * start) - np.exp(-hazard * end)))
        observed = int(np.sum((days >= start) & (days < end)))
        ratio = Interval(observed / expected, *(end / expected for end in poisson_interval(observed)))
        rows.append(Month(part=number, observed=observed, expected=expected, observed_expected=ratio))
    return rows


def poisson_interval(count: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a count (Garwood 1936)."""
    from scipy.stats import chi2

    tail = (1 - level) / 2
    low = float(chi2.ppf(tail, 2 * count) / 2) if count else 0.0
    return low, float(chi2.ppf(1 - tail, 2 * (count + 1)) / 2)
