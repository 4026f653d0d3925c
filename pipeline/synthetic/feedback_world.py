"""Simulates a world in which lists change what they predict: support reduces the hazard of the people seen for a while.

Every month, each person's chance of an unplanned stay depends on a lasting score and their stays in the last year. The
people at highest risk are listed, except those kept off lists for a while. Some of them are reached and seen. Once a
year the risk model is trained again on the records. The world also knows what would have happened without support.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
YEAR = 12
MOST = 3
"""The most stays of the last year that count. Further ones do not change the chance."""
DRAWS = 5
"""Number of simulated years used to estimate what would happen without support."""
NEVER = 10_000
"""Stands for a month that never comes."""


@dataclass(frozen=True)
class World:
    """The settings of the world."""

    people: int = 20_000
    months: int = 60
    seen_hazard: float = 0.7
    """The hazard of a person who has been seen, as a multiple of their hazard without support."""
    effect_months: int = 12
    capacity: float = 0.015
    """People listed each month, as a share of everybody."""
    reached: float = 0.6
    rest_months: int = 6
    level: float = -5.0
    """Log monthly hazard of a person with an average score and no stays."""
    spread: float = 0.9
    per_stay: float = 0.45


@dataclass(frozen=True)
class Rows:
    """Training or test rows of one month: what was known (`x`), what happened, and who was listed and seen."""

    month: int
    x: Array
    event_in: NDArray[np.int64]
    """Months to the first stay. NEVER if there was none within a year."""
    seen_in: NDArray[np.int64]
    """Months until the person was seen. NEVER if nobody saw them within a year."""
    seen_before: NDArray[np.bool_]
    """Whether the person was seen in the year before, so that support may still work."""
    listed: NDArray[np.bool_]
    """Whether the person was on the list of that month."""
    reached: NDArray[np.bool_]
    """Whether the person was seen because of that list."""
    listed_lately: NDArray[np.bool_]
    """Whether the person was on any list of the year before."""
    risk_when_seen: Array
    """The risk on the list from which the person was first seen in the window. NaN if never seen."""

    @property
    def y(self) -> Array:
        return (self.event_in < YEAR).astype(np.float64)


Labels = Callable[[Rows], tuple[Array, Array]]
"""Gives each row's label (the share that counts as an event) and its weight. Weight 0 leaves a row out."""


def ignore(rows: Rows) -> tuple[Array, Array]:
    """Naive training: everybody counts, and the effect of lists is ignored."""
    return rows.y, np.ones(len(rows.x))


def exclude(rows: Rows) -> tuple[Array, Array]:
    """`[learning] influenced = "exclude"`: people who were seen before a stay, or in the year before, are left out."""
    return rows.y, (~_supported(rows) & ~rows.seen_before).astype(np.float64)


def weight(rows: Rows) -> tuple[Array, Array]:
    """`[learning] influenced = "weight"`: people who were seen before a stay count in part, as their list predicted."""
    rest = 1 - np.minimum(rows.seen_in, YEAR) / YEAR
    expected = 1 - (1 - rows.risk_when_seen) ** rest
    return np.where(_supported(rows), expected, rows.y), (~rows.seen_before).astype(np.float64)


def _supported(rows: Rows) -> NDArray[np.bool_]:
    """Whether the person was seen in the window, before any stay."""
    return np.asarray((rows.seen_in < YEAR) & (rows.seen_in <= rows.event_in))


@dataclass
class Course:
    """The model's observed/expected without support, and what the ledger would show, at each training."""

    months: list[int] = field(default_factory=list)
    observed_expected: list[float] = field(default_factory=list)
    """For everybody, if nobody had been supported. 1 is perfect."""
    at_risk: list[float] = field(default_factory=list)
    """The same for the tenth of people at highest risk."""
    tests: list[tuple[Rows, Array]] = field(default_factory=list)
    """The newest rows whose year has passed, with the risks that the model gave at the time."""


def simulate(world: World, labels: Labels, seed: int, *, from_month: int = 0) -> Course:
    """Run the world. The first model is trained on a year before there were any lists."""
    state = _State(world, np.random.default_rng(seed))
    course = Course()
    for _ in range(2 * YEAR):
        state.step(listing=False)
    state.train(ignore)
    for month in range(1, world.months + 1):
        state.step(listing=True)
        if month % YEAR == 0 and month >= 2 * YEAR:
            course.tests.append(state.test())
            state.train(labels)
            if month >= from_month:
                truth = np.mean([state.without_support() for _ in range(DRAWS)], axis=0)
                expected = state.risk(state.features())
                top = expected >= np.quantile(expected, 0.9)
                course.months.append(month)
                course.observed_expected.append(float(truth.sum() / expected.sum()))
                course.at_risk.append(float(truth[top].sum() / expected[top].sum()))
    return course


class _State:
    """Everybody's state, updated every month."""

    def __init__(self, world: World, rng: np.random.Generator) -> None:
        self.world, self.rng = world, rng
        self.score = rng.normal(size=world.people)
        self.stays = np.zeros((world.people, 0), bool)
        self.seen = np.zeros((world.people, 0), bool)
        self.lists = np.zeros((world.people, 0), bool)
        self.risks = np.zeros((world.people, 0), np.float32)
        self.snapshots: list[tuple[int, Array]] = []
        self.coefficients = np.zeros(0)

    @property
    def now(self) -> int:
        return self.stays.shape[1]

    def features(self) -> Array:
        """The model's inputs: a column of ones, the score, its square, and the stays of the last year."""
        recent = np.minimum(self.stays[:, -YEAR:].sum(axis=1), MOST).astype(np.float64)
        return np.column_stack([np.ones(len(self.score)), self.score, self.score**2, recent, recent**2])

    def hazard(self, stays: NDArray[np.bool_]) -> Array:
        recent = np.minimum(stays[:, -YEAR:].sum(axis=1), MOST)
        world = self.world
        rate: Array = np.exp(world.level + world.spread * self.score + world.per_stay * recent)
        return np.minimum(rate, 0.5)

    def step(self, *, listing: bool) -> None:
        """Simulate one month: first who is listed and seen, then who goes to hospital."""
        people, world = len(self.score), self.world
        x = self.features()
        self.snapshots.append((self.now, x))
        listed, seen, risk = np.zeros(people, bool), np.zeros(people, bool), np.zeros(people)
        if listing:
            risk, resting = self.risk(x), self.seen[:, -world.rest_months :].any(axis=1)
            first = np.argsort(-np.where(resting, -1.0, risk), kind="stable")
            listed[first[: int(world.capacity * people)]] = True
            seen = listed & (self.rng.random(people) < world.reached)
        self.lists, self.seen = np.column_stack([self.lists, listed]), np.column_stack([self.seen, seen])
        self.risks = np.column_stack([self.risks, risk.astype(np.float32)])
        supported = self.seen[:, -world.effect_months :].any(axis=1)
        hazard = self.hazard(self.stays) * np.where(supported, world.seen_hazard, 1.0)
        self.stays = np.column_stack([self.stays, self.rng.random(people) < hazard])

    def without_support(self) -> Array:
        """Who would go to hospital in the coming year if nobody were supported."""
        stays, went = self.stays, np.zeros(len(self.score), bool)
        for _ in range(YEAR):
            now = self.rng.random(len(self.score)) < self.hazard(stays)
            stays, went = np.column_stack([stays, now]), went | now
        return went.astype(np.float64)

    def rows(self, month: int) -> Rows:
        """The rows of a month whose year has passed."""
        ahead = slice(month, month + YEAR)
        seen_in = _first(self.seen[:, ahead])
        then = np.minimum(month + seen_in, self.now - 1)
        return Rows(
            month=month,
            x=self.snapshots[month][1],
            event_in=_first(self.stays[:, ahead]),
            seen_in=seen_in,
            seen_before=_any(self.seen[:, max(month - YEAR, 0) : month]),
            listed=self.lists[:, month],
            reached=self.seen[:, month],
            listed_lately=_any(self.lists[:, max(month - YEAR, 0) : month]),
            risk_when_seen=np.where(seen_in < YEAR, self.risks[np.arange(len(then)), then], np.nan),
        )

    def risk(self, x: Array) -> Array:
        return np.asarray(1 / (1 + np.exp(-(x @ self.coefficients))))

    def test(self) -> tuple[Rows, Array]:
        """The newest rows whose year has passed, and the risks that the current model gives."""
        rows = self.rows(self.now - YEAR)
        return rows, self.risk(rows.x)

    def train(self, labels: Labels) -> None:
        """Train on the rows of the last two years whose windows have passed, by logistic regression."""
        months = [month for month in (self.now - 2 * YEAR, self.now - YEAR - 6, self.now - YEAR) if month >= 0]
        parts = [self.rows(month) for month in months]
        labelled = [labels(rows) for rows in parts]
        y, w = (np.concatenate(column) for column in zip(*labelled, strict=True))
        self.coefficients = _logistic(np.concatenate([rows.x for rows in parts]), y, w)


def _any(happened: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether anything happened in each row."""
    return np.asarray(happened.any(axis=1), dtype=np.bool_)


def _first(happened: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The position of the first True in each row. NEVER if there is none."""
    return np.where(happened.any(axis=1), happened.argmax(axis=1), NEVER).astype(np.int64)


def _logistic(x: Array, y: Array, w: Array) -> Array:
    """Weighted logistic regression by Newton's method."""
    beta = np.zeros(x.shape[1])
    for _ in range(12):
        p = 1 / (1 + np.exp(-(x @ beta)))
        gradient, curvature = x.T @ (w * (y - p)), (x * (w * p * (1 - p))[:, None]).T @ x
        beta = beta + np.linalg.solve(curvature + 1e-9 * np.eye(len(beta)), gradient)
    return np.asarray(beta)


def compared(world: World, seed: int) -> dict[str, object]:
    """Observed/expected without support, year by year, under each `[learning] influenced`: `synth --months`."""
    courses = {labels.__name__: simulate(world, labels, seed) for labels in (ignore, exclude, weight)}
    return {
        "people": world.people,
        "months": courses["ignore"].months,
        "seen_hazard": world.seen_hazard,
        "observed_expected": {
            name: [round(one, 3) for one in course.observed_expected] for name, course in courses.items()
        },
        "of_the_highest_tenth": {name: [round(one, 3) for one in course.at_risk] for name, course in courses.items()},
    }
