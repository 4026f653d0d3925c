"""The equations of the synthetic borough: how likely each event is, given a person's state."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.synthetic.households import Flags, Integers, Numbers, by_age
from pipeline.synthetic.options import DATA
from pipeline.synthetic.people import Floats, People, chance

UNSTABLE_FACTOR = 2.5
"""Ratio of emergency admissions in an unstable month to those in a stable month."""
RECOVERY = 0.20
"""Monthly chance that an unstable spell ends."""
BURST = 0.12
"""Extra admissions that one admission causes in the following months, for a multiplier of 1."""
BURST_DECAY = 0.45
"""Share of a burst that is left after a month."""
FATAL_ADMISSION = 0.42
"""Share of deaths that happen in hospital, at the end of an admission."""
PRIVATE_WEIGHT = ((18.0, 50.0, 65.0, 85.0), (1.60, 1.50, 0.80, 0.0))
"""Weight of the unrecorded latent, by age. It matters most in young people: a few of them use hospital far more than
others.
"""
OLDER = 65
BAND_CENTRES = (10.0, 29.0, 45.0, 60.0, 78.0)
"""Middles of the age bands 0 to 19, 20 to 37, 38 to 52, 53 to 66, 67 and over. Rates are published for these by
deprivation fifth.
"""
LONELINESS_BANDS = (16, 25, 35, 50, 65, 75)
"""Lowest ages of the age bands of the Community Life Survey."""


@cache
def fitted() -> dict[str, Any]:
    """Levels found by `pipeline.synthetic.calibrate`."""
    levels: dict[str, Any] = json.loads((DATA / "fitted.json").read_text(encoding="utf-8"))
    return levels


@cache
def emergency_level() -> Floats:
    """Log level that makes admissions match the published rates, as [whole age, deprivation fifth]."""
    levels = np.array(fitted()["emergency"])
    ages = np.arange(121)
    return np.stack([by_age(ages, BAND_CENTRES, tuple(levels[:, fifth])) for fifth in range(5)], axis=1).astype(
        np.float32
    )


@dataclass
class State:
    """Everybody's state at the start of a month."""

    age: Numbers
    has: Flags
    """Whether each person has each condition, as [person, condition]."""
    alone: Flags
    widowed: Flags
    unstable: Flags
    burst: Floats
    """Expected admissions this month because of earlier admissions."""

    def take(self, rows: npt.NDArray[np.intp]) -> State:
        """The state of some of the people, in the same month."""
        return State(**{name: values[rows] for name, values in vars(self).items()})


def illness(has: Flags) -> Floats:
    """Number of serious conditions, at most 5."""
    return np.asarray(np.minimum(has.sum(axis=1), 5), dtype=np.float32)


def acute_rate(age: npt.NDArray[np.floating], female: Flags) -> Floats:
    """Emergency admissions a year that none of the modelled conditions causes, for a multiplier of 1."""
    ages = (0.0, 1.0, 3.0, 8.0, 14.0, 20.0, 30.0, 45.0, 55.0, 65.0, 75.0, 85.0, 95.0)
    rates = (0.16, 0.12, 0.055, 0.025, 0.03, 0.04, 0.035, 0.035, 0.038, 0.075, 0.085, 0.09, 0.09)
    fertile = female & (age > 15) & (age < 45)
    return (by_age(age, ages, rates) * np.where(fertile, 1.15, 1.0)).astype(np.float32)


def standing(people: People, excess: Numbers) -> Floats:
    """The part of a person's log multiplier that does not change: latents, habits, and the area's excess."""
    log = (
        0.14 * people.frailty
        + 0.12 * people.hardship
        + excess[people.area]
        - 0.14 * people.active
        - 0.10 * people.group
        - 0.08 * people.employed
    )
    return np.asarray(log, dtype=np.float32)


def multiplier(people: People, standing_: Floats, fifth: Integers, state: State, lonely: Flags) -> Floats:
    """Everyone's multiplier of emergency hazards. Living alone at 65 and over adds about 14%, and so does
    loneliness.
    """
    level = emergency_level()[np.clip(state.age, 0, 120).astype(np.int64), fifth]
    private = by_age(state.age, *PRIVATE_WEIGHT) * people.private
    ties = (
        0.13 * (state.alone & (state.age >= OLDER))
        + 0.12 * lonely
        - 0.08 * (is_carer(people, state.age) & people.group)
    )
    log = standing_ + private + level + ties + 0.12 * smokes(people, state.age)
    return np.asarray(np.exp(log), dtype=np.float32)


CARING = ((4, 8, 13, 17, 25, 45, 57, 70, 80, 92), (0, 0.035, 0.075, 0.085, 0.065, 0.125, 0.20, 0.14, 0.11, 0.03))
"""Share of people who look after somebody, by age: about 34,000 of Wigan's 330,000 people, including 3,000 children."""


def is_carer(people: People, age: npt.NDArray[np.floating]) -> Flags:
    """Whether each person looks after somebody at this age. Women do so a little more often."""
    return np.asarray(people.caring < by_age(age, *CARING) * (1 + 0.25 * (people.female - 0.5)))


def smokes(people: People, age: npt.NDArray[np.floating]) -> Flags:
    """Whether each person smokes at this age. Nobody smokes before 15."""
    return np.asarray(people.smoker & (age >= 15))


def destabilises(people: People, ill: Floats) -> Floats:
    """Monthly chance that a stable person becomes unstable."""
    return np.minimum(0.005 * np.exp(0.3 * people.frailty + 0.05 * ill), 0.2).astype(np.float32)


def death_chance(people: People, state: State, weights: Floats, unstable: Flags) -> Floats:
    """Chance of dying this month: Gompertz in age, raised by conditions, and three times as high when unstable."""
    natural = 0.00022 * np.exp(0.083 * np.maximum(state.age - 20, 0) + 0.25 * people.frailty + 0.12 * people.hardship)
    ill = (state.has @ weights) * by_age(state.age, (40, 80), (0.4, 0.9))
    yearly = fitted()["deaths"] * (natural + ill)
    return np.asarray(1 - np.exp(-yearly * np.where(unstable, 3.0, 0.8) / 12), dtype=np.float32)


def loneliness(people: People, state: State, ill: Floats) -> Floats:
    """Chance of feeling lonely often or always: levels of the Community Life Survey by age, odds ratios of ONS 2018."""
    band = np.clip(np.searchsorted(LONELINESS_BANDS, state.age, side="right") - 1, 0, len(LONELINESS_BANDS) - 1)
    score = (
        np.array(fitted()["loneliness"])[band]
        + 1.10 * state.widowed
        + 0.52 * poor_health(ill, people.frailty)
        + 0.20 * state.alone
        + 0.25 * people.hardship
        - 0.30 * people.sociable
        - 0.25 * people.group
    )
    return chance(score).astype(np.float32)


def poor_health(ill: Floats, frailty: Floats) -> Flags:
    """Whether people are in poor health: they have three conditions, or two and high frailty."""
    return np.asarray(ill + (frailty > 1) >= 3)


def frailty_index(age: npt.NDArray[np.floating], ill: npt.NDArray[np.number], frailty: Floats) -> Floats:
    """A number from 0 to 1 that rises with age, conditions and latent frailty. Read it like an electronic Frailty
    Index.
    """
    score = -3.4 + 0.035 * np.maximum(age - 40, 0) + 0.25 * ill + 0.30 * frailty
    return chance(score).astype(np.float32)
