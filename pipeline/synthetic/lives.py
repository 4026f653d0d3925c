"""Month by month: who is on the list, who is unstable, who is admitted, who dies, and the true risk on the way."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits stand where they are used

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
"""Emergency admissions in January above the year's mean, as a share."""
MOST_IN_A_MONTH = 5
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
    """What the months held; matrices are [month, person]."""

    onset: Months
    """[person, condition]: month of onset."""
    died: Integers
    fatal: Flags
    """Whether the death came at the end of an admission of its own."""
    widowed: Integers
    """Month of the partner's death, `NEVER` without."""
    here: npt.NDArray[np.bool_]
    unplanned: npt.NDArray[np.uint8]
    unstable: npt.NDArray[np.bool_]
    alone: npt.NDArray[np.bool_]
    lonely: npt.NDArray[np.bool_]
    ill: npt.NDArray[np.uint8]
    """Number of conditions, at most 5."""
    truth: dict[int, dict[str, npt.NDArray[np.generic]]] = field(default_factory=dict)
    """By as-of month: `person` and `TRUTH_COLUMNS` of everyone on the list."""

    @property
    def months(self) -> int:
        return len(self.here)

    def exit(self, people: People) -> Integers:
        """First month that a person is no longer on the list."""
        return np.minimum(people.leave, np.where(self.died < NEVER, self.died + 1, NEVER)).astype(np.int32)


def month_factors(options: Options, months: int) -> Floats:
    """Season (winter peak, mean 1) times the level shift, for months from the start of the burn-in."""
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
    # many of those who are old and alone at the start lost a partner in the years before
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
    """Run burn-in and years; `asks` are the months at whose start the true risk is worked out."""
    months = options.years * 12 + BURN_IN
    lives = _empty(people, onset, months, rng)
    factor = month_factors(options, months + 12)
    standing = hazards.standing(people, places.excess)
    fifth = places.fifth[people.area]
    alive = np.ones(len(people), dtype=bool)
    unstable = rng.random(len(people)) < 0.04
    burst = np.zeros(len(people), dtype=np.float32)
    for t in range(months + 1):
        here = alive & (people.join <= t) & (people.leave > t)
        company = np.bincount(people.household, weights=here)[people.household]
        alone = here & (company == 1) & ~people.care_home
        state = State(people.age(t), onset <= t, alone, lives.widowed <= t, unstable, burst)
        ill = hazards.illness(state.has[:, conditions.counts])
        lonely_chance = hazards.loneliness(people, state, ill)
        lonely = people.disposition < lonely_chance
        personal = hazards.multiplier(people, standing, fifth, state, lonely)
        if t in asks:
            rows = np.flatnonzero(here)
            risk = true_risk(people.take(rows), conditions, state.take(rows), personal[rows], factor[t:])
            frail = hazards.frailty_index(state.age, ill, people.frailty)
            unwell = hazards.poor_health(ill, people.frailty)
            carer, smoker = hazards.is_carer(people, state.age), hazards.smokes(people, state.age)
            known = (lonely_chance, lonely, frail, people.hardship, alone, state.widowed, unwell, carer, smoker)
            found = (rows, risk, *(column[rows] for column in known))
            lives.truth[t] = dict(zip(("person", *TRUTH_COLUMNS), found, strict=True))
        if t == months:
            break
        rate = (
            factor[t]
            * personal
            * (hazards.acute_rate(state.age, people.female) + state.has @ conditions.admissions)
            / 12
        )
        dies = here & (rng.random(len(people)) < hazards.death_chance(people, state, conditions.deaths, unstable))
        fatal = dies & (rng.random(len(people)) < FATAL_ADMISSION)
        count = rng.poisson(here * (rate * np.where(unstable, UNSTABLE_FACTOR, 1.0) + burst)) + fatal
        count = np.minimum(count, MOST_IN_A_MONTH)
        lives.here[t], lives.unplanned[t], lives.unstable[t] = here, count, unstable & here
        lives.alone[t], lives.lonely[t], lives.ill[t] = alone, lonely & here, ill
        lives.died[dies], lives.fatal[fatal] = t, True
        alive &= ~dies
        bereaved = people.partner[dies & (people.partner >= 0)]
        lives.widowed[bereaved] = np.minimum(lives.widowed[bereaved], t + 1)
        burst = (burst * BURST_DECAY + count * BURST * (1 - BURST_DECAY) * np.clip(personal, 0.5, 2.5)).astype(
            np.float32
        )
        unstable = np.where(
            unstable, rng.random(len(people)) >= RECOVERY, rng.random(len(people)) < hazards.destabilises(people, ill)
        )
    return lives
