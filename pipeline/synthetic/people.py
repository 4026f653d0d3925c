"""The people of one block: households, ages, sexes, comings and goings, and the latents that drive their lives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.synthetic.places import Places

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

BURN_IN = 12
"""Months lived before the extracts begin, so that bursts and unstable spells are under way."""
NEVER = 32_000
"""A month that does not come."""
MOVES_IN_A_YEAR = 0.022
BIRTHS_IN_A_YEAR = 0.0105
LEAVES_IN_A_YEAR = 0.022
MOVES_HOUSE_IN_A_YEAR = 0.03


@dataclass
class People:
    """One entry per person; months count from the start of the burn-in."""

    birth: Integers
    """Month of birth, negative before the burn-in."""
    female: Flags
    household: Integers
    partner: Integers
    """Index of the partner, −1 without."""
    care_home: Flags
    join: Integers
    leave: Integers
    area: Integers
    practice: Integers
    hardship: Floats
    frailty: Floats
    sociable: Floats
    disposition: Floats
    """Uniform: how readily the person feels lonely."""
    private: Floats
    """What moves hospital use and is never recorded."""
    smoker: Flags
    carer: Flags
    active: Flags
    group: Flags
    ethnicity: npt.NDArray[np.int8]
    move: Integers
    """Month in which the household moves house within the borough."""
    next_area: Integers
    next_practice: Integers

    def __len__(self) -> int:
        return len(self.birth)


@dataclass
class _Homes:
    household: Integers
    partner: Integers
    care_home: Flags


def _sigmoid(x: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-x)), dtype=np.float64)


def _piecewise(age: npt.NDArray[np.floating], ages: list[float], values: list[float]) -> npt.NDArray[np.float64]:
    return np.asarray(np.interp(age, ages, values), dtype=np.float64)


def _alone(age: npt.NDArray[np.floating], female: Flags) -> npt.NDArray[np.float64]:
    """Share that lives alone by age and sex: 41% of women and 27% of men at 65 and over (ONS 2024)."""
    women = _piecewise(age, [18, 25, 40, 55, 65, 75, 85, 95], [0.02, 0.08, 0.08, 0.14, 0.25, 0.38, 0.62, 0.60])
    men = _piecewise(age, [18, 25, 40, 55, 65, 75, 85, 95], [0.03, 0.12, 0.17, 0.19, 0.22, 0.24, 0.37, 0.45])
    return np.where(female, women, men)


def _pair(women: Integers, men: Integers, age: npt.NDArray[np.floating], rng: np.random.Generator) -> Integers:
    """Couples of like age: both sides in order of age, with a little noise; who is left over stays single."""
    w = women[np.argsort(age[women] + rng.normal(0, 1.5, len(women)), kind="stable")]
    m = men[np.argsort(age[men] - 2 + rng.normal(0, 1.5, len(men)), kind="stable")]
    size = min(len(w), len(m))
    w = w[np.sort(rng.choice(len(w), size, replace=False))]
    m = m[np.sort(rng.choice(len(m), size, replace=False))]
    return np.stack([w, m]).astype(np.int32)


def _homes(age: npt.NDArray[np.floating], female: Flags, rng: np.random.Generator) -> _Homes:
    """Households of the kinds the census counts: one-person, couples, lone parents, shared, care homes."""
    n = len(age)
    household = np.full(n, -1, dtype=np.int32)
    partner = np.full(n, -1, dtype=np.int32)
    u = rng.random(n)
    care = u < _piecewise(age, [64, 65, 75, 85, 95], [0, 0.006, 0.015, 0.09, 0.25])
    child = (age < 18) | ((age < 30) & (rng.random(n) < _piecewise(age, [18, 20, 24, 30], [0.9, 0.7, 0.45, 0.0])))
    alone = ~care & ~child & (rng.random(n) < _alone(age, female))
    free = ~care & ~child & ~alone
    lone_parent = free & (age < 58) & (rng.random(n) < np.where(female, 0.17, 0.025))
    shared = free & ~lone_parent & (rng.random(n) < _piecewise(age, [18, 24, 35, 50, 80], [0.3, 0.2, 0.08, 0.04, 0.06]))
    couples = free & ~lone_parent & ~shared
    pairs = _pair(np.flatnonzero(couples & female), np.flatnonzero(couples & ~female), age, rng)
    partner[pairs[0]], partner[pairs[1]] = pairs[1], pairs[0]
    singles = couples & (partner < 0)
    next_home = 0
    household[pairs[0]] = household[pairs[1]] = np.arange(pairs.shape[1])
    next_home += pairs.shape[1]
    for members, size in ((np.flatnonzero(alone), 1), (np.flatnonzero(lone_parent), 1)):
        household[members] = next_home + np.arange(len(members)) // size
        next_home += len(members)
    for mask, size in ((shared | singles, 3), (care, 24)):
        members = np.flatnonzero(mask)
        members = members[np.argsort(age[members] + rng.normal(0, 3, len(members)), kind="stable")]
        household[members] = next_home + np.arange(len(members)) // size
        next_home += len(members) // size + 1
    _place_children(np.flatnonzero(child), np.flatnonzero(lone_parent | (couples & female)), age, household, rng)
    orphans = household < 0
    household[orphans] = next_home + np.arange(orphans.sum())
    return _Homes(household, partner, care)


def _place_children(
    children: Integers, parents: Integers, age: npt.NDArray[np.floating], household: Integers, rng: np.random.Generator
) -> None:
    """Every child joins a parent of fitting age; brothers and sisters come about by several choosing one parent."""
    if not len(parents):
        return
    parents = parents[np.argsort(age[parents], kind="stable")]
    wanted = age[children] + np.clip(rng.normal(29.5, 5.5, len(children)), 17, 45)
    low = np.searchsorted(age[parents], wanted - 1.0)
    high = np.maximum(np.searchsorted(age[parents], wanted + 1.0), low + 1)
    # half of the parents have no child at home: children crowd into the others
    chosen = low + (rng.random(len(children)) * (high - low)).astype(np.int64)
    chosen = np.where(rng.random(len(children)) < 0.75, chosen - chosen % 2, chosen)
    household[children] = household[parents[np.clip(chosen, 0, len(parents) - 1)]]


def _ages(places: Places, count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    weights = np.cumsum(places.residents.sum(axis=0))
    whole = np.searchsorted(weights / weights[-1], rng.random(count))
    over = whole >= 90
    return np.where(over, 90 + np.minimum(rng.exponential(3.2, count), 15), whole + rng.random(count))


def _head_areas(places: Places, age: npt.NDArray[np.floating], rng: np.random.Generator) -> Integers:
    """An LSOA for each head of household, as people of that age are spread over the borough."""
    cumulative = np.cumsum(places.residents, axis=0)
    cumulative = cumulative / cumulative[-1]
    u = rng.random(len(age))
    whole = np.clip(age, 0, 90).astype(np.int64)
    area = np.empty(len(age), dtype=np.int32)
    for year in np.unique(whole):
        rows = whole == year
        area[rows] = np.searchsorted(cumulative[:, year], u[rows])
    return np.minimum(area, len(places.deprivation) - 1).astype(np.int32)


def _choose_practice(places: Places, area: Integers, rng: np.random.Generator) -> Integers:
    u = rng.random(len(area))
    return np.asarray((places.choice[area] < u[:, None]).sum(axis=1), dtype=np.int32).clip(0, len(places.practices) - 1)


def build_people(places: Places, count: int, months: int, rng: np.random.Generator) -> People:
    """`count` people on the lists at the start, and those who are born or move in over `months`."""
    recorded = (months - BURN_IN) / 12
    movers, births = round(count * MOVES_IN_A_YEAR * recorded), round(count * BIRTHS_IN_A_YEAR * recorded)
    age = _ages(places, count, rng)
    movers_age = np.clip(rng.gamma(4.0, 8.0, movers), 0, 92)
    age = np.concatenate([age, movers_age])
    female = rng.random(len(age)) < _piecewise(age, [0, 20, 65, 80, 95], [0.487, 0.497, 0.51, 0.56, 0.72])
    first, second = slice(0, count), slice(count, None)
    here, new = _homes(age[first], female[first], rng), _homes(age[second], female[second], rng)
    household = np.concatenate([here.household, new.household + here.household.max() + 1])
    partner = np.concatenate([here.partner, np.where(new.partner >= 0, new.partner + count, -1)])
    homes = int(household.max()) + 1
    join_home = np.zeros(homes, dtype=np.int32)
    fresh = np.unique(household[second])
    join_home[fresh] = BURN_IN + rng.integers(0, months - BURN_IN, len(fresh))
    join = join_home[household]
    birth = (join - age * 12).astype(np.int32)
    # the newborn join the home of a woman of child-bearing age
    mothers = np.flatnonzero(female[:count] & (age[:count] > 17) & (age[:count] < 40) & ~here.care_home)
    chosen = mothers[rng.integers(0, max(1, len(mothers)), births)] if len(mothers) else np.zeros(births, dtype=np.int64)
    born = (BURN_IN + rng.integers(0, months - BURN_IN, births)).astype(np.int32)
    household = np.concatenate([household, household[chosen]]).astype(np.int32)
    partner = np.concatenate([partner, np.full(births, -1)]).astype(np.int32)
    birth, join = np.concatenate([birth, born]), np.concatenate([join, born]).astype(np.int32)
    female = np.concatenate([female, rng.random(births) < 0.487])
    care = np.concatenate([here.care_home, new.care_home, np.zeros(births, dtype=bool)])
    return _with_latents(places, household, partner, birth, join, female, care, homes, months, rng)


def _with_latents(
    places: Places,
    household: Integers,
    partner: Integers,
    birth: Integers,
    join: Integers,
    female: Flags,
    care: Flags,
    homes: int,
    months: int,
    rng: np.random.Generator,
) -> People:
    n = len(birth)
    age = (join - birth) / 12
    order = np.argsort(-age, kind="stable")
    head = np.zeros(homes, dtype=np.int64)
    head[household[order[::-1]]] = order[::-1]
    home_area = _head_areas(places, age[head], rng)
    home_practice = _choose_practice(places, home_area, rng)
    area = home_area[household]
    # most of a household registers together, some keep another practice
    practice = np.where(rng.random(n) < 0.9, home_practice[household], _choose_practice(places, area, rng))
    hardship = 0.62 * places.deprivation[area] + 0.55 * rng.normal(size=homes)[household] + 0.56 * rng.normal(size=n)
    frailty = 0.30 * hardship + 0.954 * rng.normal(size=n)
    sociable = -0.30 * hardship - 0.25 * frailty + 0.9 * rng.normal(size=n)
    smoker = (age >= 15) & (
        rng.random(n)
        < _sigmoid(_piecewise(age, [15, 20, 30, 45, 60, 75, 90], [-2.6, -2.1, -1.65, -1.6, -1.8, -2.5, -3.3]) + 0.55 * hardship - 0.25 * female)
    )
    carer = rng.random(n) < _piecewise(age, [4, 10, 17, 25, 45, 57, 70, 80, 90], [0, 0.04, 0.07, 0.06, 0.12, 0.19, 0.13, 0.10, 0.03]) * (
        1 + 0.25 * (female - 0.5)
    )
    leave_home = rng.geometric(LEAVES_IN_A_YEAR / 12, homes) + BURN_IN
    leave = np.where(age < 75, np.maximum(leave_home[household], join + 1), NEVER)
    move_home = rng.geometric(MOVES_HOUSE_IN_A_YEAR / 12, homes) + BURN_IN
    move = np.where(care, NEVER, np.maximum(move_home[household], join + 2))
    next_area = rng.integers(0, len(places.deprivation), homes).astype(np.int32)
    next_practice = _choose_practice(places, next_area, rng)
    white = places.areas["white"].to_numpy()[area]
    return People(
        birth=birth.astype(np.int32),
        female=female,
        household=household,
        partner=partner,
        care_home=care,
        join=join,
        leave=np.minimum(leave, NEVER).astype(np.int32),
        area=area,
        practice=practice.astype(np.int32),
        hardship=hardship.astype(np.float32),
        frailty=frailty.astype(np.float32),
        sociable=sociable.astype(np.float32),
        disposition=rng.random(n).astype(np.float32),
        private=rng.normal(size=n).astype(np.float32),
        smoker=smoker,
        carer=carer,
        active=rng.random(n) < _sigmoid(0.3 + 0.6 * sociable - 0.02 * np.maximum(age - 50, 0)),
        group=rng.random(n) < _sigmoid(-1.2 + 0.8 * sociable + 0.01 * (age - 45)),
        ethnicity=_ethnicity(white, rng),
        move=np.minimum(move, NEVER).astype(np.int32),
        next_area=next_area[household],
        next_practice=next_practice[household],
    )


ETHNIC_CODES = "ABCDEFGHJKLMNPRS"
_WHITE = np.array([0.955, 0.012, 0.033])
_OTHER = np.array([0.08, 0.03, 0.07, 0.07, 0.15, 0.08, 0.04, 0.09, 0.03, 0.16, 0.03, 0.07, 0.10])


def _ethnicity(white: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """Index into `ETHNIC_CODES`; the White share is the LSOA's own."""
    n = len(white)
    inside = np.searchsorted(np.cumsum(_WHITE) / _WHITE.sum(), rng.random(n))
    outside = 3 + np.searchsorted(np.cumsum(_OTHER) / _OTHER.sum(), rng.random(n))
    return np.where(rng.random(n) < white, inside, outside).clip(0, 15).astype(np.int8)
