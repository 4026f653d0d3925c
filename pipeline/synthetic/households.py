"""Puts people into households of the kinds that the census counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

ADULT = 18
LEAVES_HOME = 30
OLDEST_PARENT_AT_HOME = 58
CARE_HOME_SIZE = 24
SHARED_SIZE = 2
MOTHERS_AGE = (29.5, 5.5)
"""Mean and spread of a mother's age at birth."""
CHILDREN_AT_HOME = (0.14, 0.36, 0.40, 0.08, 0.02)
"""Shares of women with 0, 1, 2, 3 and 4 children at home, among those whose age fits."""
LIVES_ALONE = {
    "ages": (18, 25, 40, 55, 65, 75, 85, 95),
    "women": (0.02, 0.07, 0.07, 0.12, 0.20, 0.31, 0.51, 0.50),
    "men": (0.03, 0.11, 0.15, 0.14, 0.10, 0.09, 0.15, 0.25),
}
"""Share of people who live alone at the start. Widowhood raises those of 65 and over to 41% and 27% (ONS 2024)."""


@dataclass
class Homes:
    """Everyone's household number, the partner's index (-1 if there is none), and who lives in a care home."""

    household: Integers
    partner: Integers
    care_home: Flags


def by_age(
    age: npt.NDArray[np.floating] | npt.NDArray[np.integer], ages: tuple[float, ...], values: tuple[float, ...]
) -> Numbers:
    """The value at each age of a curve with straight lines between its knots."""
    return np.asarray(np.interp(age, ages, values), dtype=np.float64)


def _couples(women: Rows, men: Rows, age: Numbers, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Couples, as [2, couples]. Women and men are matched in order of age with a little noise; the others
    stay single.
    """
    size = min(len(women), len(men))
    w = women[np.argsort(age[women] + rng.normal(0, 1.5, len(women)), kind="stable")]
    m = men[np.argsort(age[men] - 2 + rng.normal(0, 1.5, len(men)), kind="stable")]
    w = w[np.sort(rng.choice(len(w), size, replace=False))]
    m = m[np.sort(rng.choice(len(m), size, replace=False))]
    return np.stack([w, m]).astype(np.int32)


@dataclass
class _Kinds:
    """Which kind of home each person lives in. Each person has exactly one."""

    care: Flags
    child: Flags
    alone: Flags
    lone_parent: Flags
    shared: Flags
    couple: Flags


def _kinds(age: Numbers, female: Flags, rng: np.random.Generator) -> _Kinds:
    n = len(age)
    care = rng.random(n) < by_age(age, (64, 65, 75, 85, 95), (0, 0.006, 0.015, 0.08, 0.22))
    at_home = by_age(age, (18, 20, 24, 30), (0.9, 0.7, 0.45, 0.0))
    child = (age < ADULT) | ((age < LEAVES_HOME) & (rng.random(n) < at_home))
    ages = LIVES_ALONE["ages"]
    share = np.where(female, by_age(age, ages, LIVES_ALONE["women"]), by_age(age, ages, LIVES_ALONE["men"]))
    alone = ~care & ~child & (rng.random(n) < share)
    free = ~care & ~child & ~alone
    lone_parent = free & (age < OLDEST_PARENT_AT_HOME) & (rng.random(n) < np.where(female, 0.17, 0.02))
    share = by_age(age, (18, 24, 35, 50, 80), (0.3, 0.2, 0.08, 0.04, 0.05))
    shared = free & ~lone_parent & (rng.random(n) < share)
    return _Kinds(care, child, alone, lone_parent, shared, free & ~lone_parent & ~shared)


def build_homes(age: Numbers, female: Flags, rng: np.random.Generator) -> Homes:
    """Put people into couples, lone-parent families, single homes, shared homes and care homes. Children join a parent
    of fitting age.
    """
    kinds = _kinds(age, female, rng)
    household = np.full(len(age), -1, dtype=np.int32)
    partner = np.full(len(age), -1, dtype=np.int32)
    pairs = _couples(np.flatnonzero(kinds.couple & female), np.flatnonzero(kinds.couple & ~female), age, rng)
    partner[pairs[0]], partner[pairs[1]] = pairs[1], pairs[0]
    household[pairs[0]] = household[pairs[1]] = np.arange(pairs.shape[1])
    left_over = kinds.couple & (partner < 0)
    taken = pairs.shape[1]
    for group, size in (
        (kinds.alone, 1),
        (kinds.lone_parent, 1),
        (kinds.shared | left_over, SHARED_SIZE),
        (kinds.care, CARE_HOME_SIZE),
    ):
        members = np.flatnonzero(group)
        members = members[np.argsort(age[members] + rng.normal(0, 3, len(members)), kind="stable")]
        household[members] = taken + np.arange(len(members)) // size
        taken += -(-len(members) // size)
    mothers = kinds.couple & female & (partner >= 0) & (age < OLDEST_PARENT_AT_HOME)
    _place_children(kinds, mothers, age, household, rng)
    without = np.flatnonzero(household < 0)
    household[without] = taken + np.arange(len(without))
    return Homes(household, partner, kinds.care)


def _place_children(kinds: _Kinds, mothers: Flags, age: Numbers, household: Integers, rng: np.random.Generator) -> None:
    """Give children to parents whose age fits: parents' places and children are matched in order of age."""
    children = np.flatnonzero(kinds.child)
    parents = np.flatnonzero(mothers | kinds.lone_parent)
    if not len(parents) or not len(children):
        return
    wanted = rng.choice(len(CHILDREN_AT_HOME), len(parents), p=CHILDREN_AT_HOME)
    wanted = np.where(kinds.lone_parent[parents], np.maximum(wanted, 1), wanted)
    places = np.repeat(parents, wanted)
    fits = age[places] - np.clip(rng.normal(*MOTHERS_AGE, len(places)), 17, 45)
    possible = (fits >= 0) & (fits < LEAVES_HOME)
    if possible.sum() == 0:
        return
    places, fits = places[possible], fits[possible]
    chosen = rng.permutation(np.resize(rng.permutation(len(places)), len(children)))
    chosen = chosen[np.argsort(fits[chosen], kind="stable")]
    children = children[np.argsort(age[children], kind="stable")]
    household[children] = household[places[chosen]]
