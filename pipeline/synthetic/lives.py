"""Simulates lives month by month: who is registered, unstable, admitted or dies, and the true risk at chosen months."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pipeline.synthetic import hazards
from pipeline.synthetic.conditions import Conditions, Months
from pipeline.synthetic.hazards import BURST, BURST_DECAY, FATAL_ADMISSION, RECOVERY, UNSTABLE_FACTOR, State
from pipeline.synthetic.households import Flags, Integers
from pipeline.synthetic.options import Options
from pipeline.synthetic.people import BURN_IN, NEVER, Floats, People
from pipeline.synthetic.places import Places
from pipeline.synthetic.truth import true_risk

WINTER_PEAK = 0.09
"""How far emergency admissions in January exceed the year's mean, as a share."""
MOST_IN_A_MONTH = 5
UNSTABLE_AT_FIRST = 0.04
TRUTH_COLUMNS = (
    "risk",
    "loneliness",
    "often_lonely",
    "frailty",
    "hardship",
    "lives_alone",
    "widowed",
    "poor_health",
    "carer",
    "smoker",
)


@dataclass
class Lives:
    """Everything that happened. Matrices are [month, person]."""

    onset: Months
    """Month of onset, as [person, condition]."""
    died: Integers
    fatal: Flags
    """Whether the death was in hospital, at the end of an admission."""
    widowed: Integers
    """Month of the partner's death. `NEVER` if there is none."""
    here: npt.NDArray[np.bool_]
    unplanned: npt.NDArray[np.uint8]
    unstable: npt.NDArray[np.bool_]
    alone: npt.NDArray[np.bool_]
    lonely: npt.NDArray[np.bool_]
    ill: npt.NDArray[np.uint8]
    """Number of conditions, at most 5."""
    truth: dict[int, dict[str, npt.NDArray[np.generic]]] = field(default_factory=dict)
    """As-of month → `person` and `TRUTH_COLUMNS` of everyone registered."""

    @property
    def months(self) -> int:
        return len(self.here)

    def exit(self, people: People) -> Integers:
        """First month in which each person is no longer registered."""
        return np.minimum(people.leave, np.where(self.died < NEVER, self.died + 1, NEVER)).astype(np.int32)


def month_factors(options: Options, months: int) -> Floats:
    """Season (winter peak, mean 1) multiplied by the level shift, for each month from the start of the burn-in."""
    month = (options.start.month - 1 + np.arange(months) - BURN_IN) % 12
    factor = 1 + WINTER_PEAK * np.cos(2 * np.pi * month / 12)
    if options.shift_from is not None:
        first = (options.shift_from.year - options.start.year) * 12 + options.shift_from.month - options.start.month
        factor[max(0, first + BURN_IN) :] *= 1 + options.level_shift
    return factor.astype(np.float32)


def _empty(people: People, onset: Months, months: int, rng: np.random.Generator) -> Lives:
    n, shape = len(people), (months, len(people))
    company = np.bincount(people.household)[people.household]
    age = people.age(0)
    # many old people who live alone at the start lost a partner in the years before
    bereft = (company == 1) & (rng.random(n) < np.interp(age, [50, 65, 75, 90], [0.02, 0.25, 0.55, 0.80]))
    widowed = np.where(bereft, -rng.integers(0, 120, n), NEVER).astype(np.int32)
    flags = [np.zeros(shape, dtype=bool) for _ in range(4)]
    here, unstable, alone, lonely = flags
    unplanned, ill = np.zeros(shape, dtype=np.uint8), np.zeros(shape, dtype=np.uint8)
    never = np.full(n, NEVER, dtype=np.int32)
    return Lives(onset, never, np.zeros(n, dtype=bool), widowed, here, unplanned, unstable, alone, lonely, ill)


def live(
    people: People,
    conditions: Conditions,
    onset: Months,
    places: Places,
    options: Options,
    rng: np.random.Generator,
    asks: list[int],
) -> Lives:
    """Simulate the burn-in and the years. `asks` are the months at the start of which the true risk is worked out."""
    months = options.years * 12 + BURN_IN
    lives = _empty(people, onset, months, rng)
    course = _Course(
        people=people,
        conditions=conditions,
        lives=lives,
        factor=month_factors(options, months + 12),
        standing=hazards.standing(people, places.excess),
        fifth=places.fifth[people.area],
        alive=np.ones(len(people), dtype=bool),
        unstable=rng.random(len(people)) < UNSTABLE_AT_FIRST,
        burst=np.zeros(len(people), dtype=np.float32),
    )
    for month in range(months + 1):
        now = course.look(month)
        if month in asks:
            lives.truth[month] = course.truth(month, now)
        if month < months:
            course.step(month, now, rng)
    return lives


@dataclass
class _Now:
    """Everybody's state at the start of a month."""

    here: Flags
    state: State
    ill: Floats
    lonely_chance: Floats
    lonely: Flags
    personal: Floats
    """Multiplier of emergency hazards."""


@dataclass
class _Course:
    """The simulation's running values, from month to month."""

    people: People
    conditions: Conditions
    lives: Lives
    factor: Floats
    standing: Floats
    fifth: Integers
    alive: Flags
    unstable: Flags
    burst: Floats

    def look(self, month: int) -> _Now:
        """Everybody's state at the start of a month."""
        people, lives = self.people, self.lives
        here = self.alive & (people.join <= month) & (people.leave > month)
        company = np.bincount(people.household, weights=here)[people.household]
        alone = here & (company == 1) & ~people.care_home
        has = lives.onset <= month
        state = State(people.age(month), has, alone, lives.widowed <= month, self.unstable, self.burst)
        ill = hazards.illness(has[:, self.conditions.counts])
        lonely_chance = hazards.loneliness(people, state, ill)
        lonely = people.disposition < lonely_chance
        personal = hazards.multiplier(people, self.standing, self.fifth, state, lonely)
        return _Now(here, state, ill, lonely_chance, lonely, personal)

    def truth(self, month: int, now: _Now) -> dict[str, npt.NDArray[np.generic]]:
        """True risk and latents of everyone registered."""
        people, state = self.people, now.state
        rows = np.flatnonzero(now.here)
        risk = true_risk(people.take(rows), self.conditions, state.take(rows), now.personal[rows], self.factor[month:])
        frail = hazards.frailty_index(state.age, now.ill, people.frailty)
        unwell = hazards.poor_health(now.ill, people.frailty)
        carer, smoker = hazards.is_carer(people, state.age), hazards.smokes(people, state.age)
        ties = (now.lonely_chance, now.lonely, frail, people.hardship, state.alone, state.widowed)
        columns = (rows, risk, *(column[rows] for column in (*ties, unwell, carer, smoker)))
        return dict(zip(("person", *TRUTH_COLUMNS), columns, strict=True))

    def step(self, month: int, now: _Now, rng: np.random.Generator) -> None:
        """Simulate the month: admissions, deaths, bereavements, and their effects."""
        people, lives, state, size = self.people, self.lives, now.state, len(self.people)
        yearly = hazards.acute_rate(state.age, people.female) + state.has @ self.conditions.admissions
        rate = self.factor[month] * now.personal * yearly / 12
        death = hazards.death_chance(people, state, self.conditions.deaths, self.unstable)
        dies = now.here & (rng.random(size) < death)
        fatal = dies & (rng.random(size) < FATAL_ADMISSION)
        count = rng.poisson(now.here * (rate * np.where(self.unstable, UNSTABLE_FACTOR, 1.0) + self.burst)) + fatal
        count = np.minimum(count, MOST_IN_A_MONTH)
        lives.here[month], lives.unplanned[month], lives.unstable[month] = now.here, count, self.unstable & now.here
        lives.alone[month], lives.lonely[month], lives.ill[month] = state.alone, now.lonely & now.here, now.ill
        lives.died[dies], lives.fatal[fatal] = month, True
        self.alive = self.alive & ~dies
        bereaved = people.partner[dies & (people.partner >= 0)]
        lives.widowed[bereaved] = np.minimum(lives.widowed[bereaved], month + 1)
        brought_on = count * BURST * (1 - BURST_DECAY) * np.clip(now.personal, 0.5, 2.5)
        self.burst = (self.burst * BURST_DECAY + brought_on).astype(np.float32)
        stays, becomes = rng.random(size) >= RECOVERY, rng.random(size) < hazards.destabilises(people, now.ill)
        self.unstable = np.where(self.unstable, stays, becomes)
