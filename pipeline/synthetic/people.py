"""Generates the people of one block: homes, registrations, and the latents that drive their lives."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.synthetic.households import Flags, Homes, Integers, Numbers, build_homes, by_age
from pipeline.synthetic.places import Places, choose_practice, home_areas, similar_areas

Floats = npt.NDArray[np.float32]

BURN_IN = 12
"""Months simulated before the extracts begin, so that bursts and unstable spells already exist."""
BURN_IN_DEATHS = 0.0104
"""Share of people who die before the extracts begin."""
NEVER = 32_000
"""Stands for a month that never comes."""
AGEING = ((55.0, 65.0, 90.0), (1.0, 0.93, 0.93))
"""Factors on the number of people by age at the start. The borough ages, so it starts with fewer old people than in
2020.
"""
MOVES_IN_A_YEAR = 0.0225
BIRTHS_IN_A_YEAR = 0.0105
LEAVES_IN_A_YEAR = 0.0225
SETTLED_AGE = 75
"""The age from which nobody leaves the borough."""
MOVES_HOUSE_IN_A_YEAR = 0.03
SAME_PRACTICE = 0.9
"""Share of a household's people who use the same practice."""
ETHNIC_CODES = "ABCDEFGHJKLMNPRS"
_WHITE = (0.955, 0.012, 0.033)
_OTHER = (0.08, 0.03, 0.07, 0.07, 0.15, 0.08, 0.04, 0.09, 0.03, 0.16, 0.03, 0.07, 0.10)
"""Shares of the 16 ethnic categories, among White people and among others (Census 2021, North West, rounded)."""


@dataclass
class People:
    """The people of a block, one entry each. Months count from the start of the burn-in."""

    birth: Integers
    """Month of birth, negative before the burn-in."""
    female: Flags
    household: Integers
    partner: Integers
    """Index of the partner. -1 if there is none."""
    care_home: Flags
    join: Integers
    """First month registered. 0 means from the start."""
    leave: Integers
    """First month after leaving the borough. `NEVER` if they stay."""
    area: Integers
    practice: Integers
    move: Integers
    """Month in which the household moves house within the borough."""
    next_area: Integers
    next_practice: Integers
    hardship: Floats
    """Latent, standard normal: money, housing, work. An area and a household share part of it."""
    frailty: Floats
    """Latent, standard normal: how vulnerable the body is at a given age."""
    sociable: Floats
    """Latent, standard normal: ties, trust and drive."""
    private: Floats
    """Latent, standard normal: what affects hospital use and is never recorded."""
    disposition: Floats
    """Uniform: how easily the person feels lonely. A low value means easily."""
    smoker: Flags
    former_smoker: Flags
    caring: Floats
    """Uniform: how likely the person is to look after somebody. A low value means likely."""
    active: Flags
    group: Flags
    employed: Flags
    ethnicity: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.birth)

    def take(self, rows: npt.NDArray[np.integer]) -> People:
        """Some of the people."""
        return People(**{name: values[rows] for name, values in vars(self).items()})

    def age(self, month: int | npt.NDArray[np.integer]) -> Numbers:
        """Years of age at the start of a month."""
        return np.asarray((month - self.birth) / 12)


def chance(log_odds: npt.NDArray[np.floating]) -> Numbers:
    """Convert log-odds to a probability."""
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)


def _ages(places: Places, count: int, rng: np.random.Generator) -> Numbers:
    """Draw ages like those of the borough's residents. Above 90 they become rarer year by year."""
    weights = np.cumsum(places.residents.sum(axis=0) * by_age(np.arange(places.residents.shape[1]), *AGEING))
    whole = np.searchsorted(weights / weights[-1], rng.random(count))
    oldest = places.residents.shape[1] - 1
    return np.where(whole >= oldest, oldest + np.minimum(rng.exponential(3.2, count), 15), whole + rng.random(count))


def _sex(age: Numbers, rng: np.random.Generator) -> Flags:
    share = by_age(age, (0, 20, 65, 80, 95), (0.487, 0.497, 0.51, 0.555, 0.70))
    return np.asarray(rng.random(len(age)) < share)


@dataclass
class _Roster:
    """Everybody before places and latents are drawn: households, births, and the months they join."""

    homes: Homes
    birth: Integers
    join: Integers
    female: Flags


def _roster(places: Places, count: int, months: int, rng: np.random.Generator) -> _Roster:
    """Draw `count` people at the start, those who move in, and those born to registered women."""
    recorded = months - BURN_IN
    count = round(count * (1 + BURN_IN_DEATHS))
    movers = round(count * MOVES_IN_A_YEAR * recorded / 12)
    age = np.concatenate([_ages(places, count, rng), np.clip(rng.gamma(4.0, 8.0, movers), 0, 92)])
    female = _sex(age, rng)
    here = build_homes(age[:count], female[:count], rng)
    new = build_homes(age[count:], female[count:], rng)
    first_new = int(here.household.max()) + 1
    arrival = BURN_IN + rng.integers(0, recorded, int(new.household.max(initial=-1)) + 1)
    join = np.concatenate([np.zeros(count, np.int64), arrival[new.household]])
    mothers = np.flatnonzero(female[:count] & (age[:count] > 17) & (age[:count] < 40) & ~here.care_home)
    births = round(count * BIRTHS_IN_A_YEAR * recorded / 12) if len(mothers) else 0
    mother = mothers[rng.integers(0, max(1, len(mothers)), births)]
    born = BURN_IN + rng.integers(0, recorded, births)
    none = np.full(births, -1, dtype=np.int32)
    partner = np.concatenate([here.partner, np.where(new.partner >= 0, new.partner + count, -1), none])
    household = np.concatenate([here.household, new.household + first_new, here.household[mother]])
    homes = Homes(
        household.astype(np.int32),
        partner.astype(np.int32),
        np.concatenate([here.care_home, new.care_home, none > 0]),
    )
    birth = np.concatenate([np.floor(join - age * 12), born]).astype(np.int32)
    sexes = np.concatenate([female, rng.random(births) < 0.487])
    return _Roster(homes, birth, np.concatenate([join, born]).astype(np.int32), sexes)


def _ethnicity(white: Numbers, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """Draw an index into `ETHNIC_CODES`. The White share is that of the LSOA."""
    inside = np.searchsorted(np.cumsum(_WHITE) / np.sum(_WHITE), rng.random(len(white)))
    outside = len(_WHITE) + np.searchsorted(np.cumsum(_OTHER) / np.sum(_OTHER), rng.random(len(white)))
    return np.minimum(np.where(rng.random(len(white)) < white, inside, outside), len(ETHNIC_CODES) - 1).astype(np.int8)


def build_people(places: Places, count: int, months: int, rng: np.random.Generator) -> People:
    """Draw `count` people registered at the start, and those who are born or move in over `months`."""
    roster = _roster(places, count, months, rng)
    household, join = roster.homes.household, roster.join
    n, homes = len(household), int(household.max()) + 1
    age = (join - roster.birth) / 12
    head = np.zeros(homes, dtype=np.int64)
    eldest_last = np.argsort(age, kind="stable")
    head[household[eldest_last]] = eldest_last
    home_area = home_areas(places, age[head], rng)
    area = home_area[household]
    together, own = choose_practice(places, home_area, rng)[household], choose_practice(places, area, rng)
    practice = np.where(rng.random(n) < SAME_PRACTICE, together, own)
    leave, move = _leave_and_move(join, household, rng)
    next_area = similar_areas(places, home_area, rng)
    hardship, frailty, sociable = _latents(places.deprivation[area], household, homes, rng)
    return People(
        birth=roster.birth,
        female=roster.female,
        household=household,
        partner=roster.homes.partner,
        care_home=roster.homes.care_home,
        join=join,
        leave=np.where(age < SETTLED_AGE, np.minimum(leave, NEVER), NEVER).astype(np.int32),
        area=area,
        practice=practice.astype(np.int32),
        move=np.where(roster.homes.care_home, NEVER, np.minimum(move, NEVER)).astype(np.int32),
        next_area=next_area[household],
        next_practice=choose_practice(places, next_area, rng)[household],
        hardship=hardship.astype(np.float32),
        frailty=frailty.astype(np.float32),
        sociable=sociable.astype(np.float32),
        private=rng.normal(size=n).astype(np.float32),
        disposition=rng.random(n).astype(np.float32),
        caring=rng.random(n).astype(np.float32),
        ethnicity=_ethnicity(places.areas["white"].to_numpy()[area], rng),
        **_ways_of_life(age, roster.female, hardship, frailty, sociable, rng),
    )


def _leave_and_move(join: Integers, household: Integers, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Draw the month in which each household leaves the borough, and the month in which it moves within it. Both are
    after its people have joined.
    """
    leave, move = (
        (rng.geometric(rate / 12, int(household.max()) + 1) + BURN_IN)[household]
        for rate in (LEAVES_IN_A_YEAR, MOVES_HOUSE_IN_A_YEAR)
    )
    return np.maximum(leave, join + 1), np.maximum(move, join + 2)


def _latents(
    deprivation: Numbers, household: Integers, homes: int, rng: np.random.Generator
) -> tuple[Numbers, Numbers, Numbers]:
    """Draw each person's hardship, frailty and sociability."""
    n = len(household)
    hardship = 0.62 * deprivation + 0.55 * rng.normal(size=homes)[household] + 0.56 * rng.normal(size=n)
    frailty = 0.30 * hardship + 0.954 * rng.normal(size=n)
    return hardship, frailty, -0.30 * hardship - 0.20 * frailty + 0.9 * rng.normal(size=n)


def _ways_of_life(
    age: Numbers, female: Flags, hardship: Numbers, frailty: Numbers, sociable: Numbers, rng: np.random.Generator
) -> dict[str, Flags]:
    """Draw who smokes (14.7% of adults, Wigan 2022) from the age of 15, and who has protective habits."""
    n = len(age)
    smoking = by_age(age, (0, 20, 30, 45, 60, 75, 90), (-2.0, -2.0, -1.6, -1.55, -1.75, -2.45, -3.3))
    smoker = rng.random(n) < chance(smoking + 0.55 * hardship - 0.5 * female + 0.18)
    work = by_age(age, (15, 18, 25, 55, 62, 66, 70), (-9, 0.2, 1.5, 1.35, 0.2, -1.6, -3.5))
    return {
        "smoker": smoker,
        "former_smoker": ~smoker & (rng.random(n) < by_age(age, (15, 18, 40, 70), (0, 0.03, 0.28, 0.45))),
        "active": rng.random(n) < chance(0.5 + 0.6 * sociable - 0.025 * np.maximum(age - 50, 0)),
        "group": rng.random(n) < chance(-1.2 + 0.8 * sociable + 0.01 * (age - 45)),
        "employed": rng.random(n) < chance(work - 0.55 * hardship - 0.35 * frailty + 0.2 * sociable),
    }
