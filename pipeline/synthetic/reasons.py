"""The chance that each problem is coded at a visit to the practice."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pipeline.synthetic.hazards import frailty_index, is_carer
from pipeline.synthetic.lives import Lives
from pipeline.synthetic.people import People

Chance = npt.NDArray[np.float32]
WORKING_AGE = (18, 66)
GRIEF_MONTHS = 18


def chances(
    people: People, lives: Lives, person: npt.NDArray[np.int32], month: npt.NDArray[np.int32]
) -> Iterator[tuple[str, Chance]]:
    """Each concept and the chance that it is coded at a visit. Most loneliness, debt and caring is never coded."""
    age = ((month - people.birth[person]) / 12).astype(np.float32)
    frail = frailty_index(age, lives.ill[month, person], people.frailty[person])
    old = np.clip((age - 55) / 30, 0, 1.2).astype(np.float32)
    shaky = np.where(lives.unstable[month, person], 2.0, 1.0).astype(np.float32)
    yield from _body(age, frail, old, shaky)
    hard = np.exp(0.7 * people.hardship[person]).astype(np.float32)
    yield from _troubles(people.female[person], age, hard)
    alone, lonely = lives.alone[month, person], lives.lonely[month, person]
    bereaved = (month >= lives.widowed[person]) & (month < lives.widowed[person] + GRIEF_MONTHS)
    yield from _ties(age, old, hard, alone, lonely, bereaved)
    yield from _care(is_carer(people.take(person), age), people.care_home[person], frail, old)


def _body(age: Chance, frail: Chance, old: Chance, shaky: Chance) -> Iterator[tuple[str, Chance]]:
    yield "function.falls", 0.13 * old * frail * shaky
    yield "condition.fragility_fracture", 0.012 * old * frail * shaky
    yield "function.dizziness", 0.008 + 0.02 * old
    yield "condition.hypotension", 0.002 + 0.010 * old * shaky
    yield "function.mobility", 0.10 * old * frail * shaky
    yield "function.weight_loss", (0.003 + 0.012 * old * frail) * shaky
    yield "function.incontinence", 0.004 + 0.035 * old * frail
    yield "condition.urinary", 0.012 + 0.02 * old * shaky
    yield "condition.foot_problem", 0.002 + 0.02 * old * frail
    yield "function.dyspnoea", (0.006 + 0.03 * frail) * shaky
    yield "function.cognition", 0.015 * old * frail * shaky
    yield "function.activity_limitation", 0.015 * frail
    yield "function.housebound", 0.09 * np.clip(frail - 0.45, 0, 1) * (age > WORKING_AGE[1])
    yield "function.home_visit", 0.12 * np.clip(frail - 0.40, 0, 1)


def _troubles(female: npt.NDArray[np.bool_], age: Chance, hard: Chance) -> Iterator[tuple[str, Chance]]:
    adult = age >= WORKING_AGE[0]
    yield "function.sleep", 0.010 * hard * adult
    yield "social.money_problem", 0.0035 * hard**1.6 * adult
    yield "social.housing_problem", 0.0035 * hard**1.4 * adult
    yield "social.cold_home", 0.0010 * hard**1.3
    yield "social.unemployed", 0.005 * hard**1.5 * (adult & (age < WORKING_AGE[1]))
    yield "social.homeless", 0.0004 * hard**2 * (adult & (age < WORKING_AGE[1]))
    yield "social.domestic_abuse", 0.0010 * hard**1.4 * adult * np.where(female, 1.5, 0.5)
    yield "social.safeguarding", 0.0008 * hard**1.4
    yield "social.social_care", 0.0020 * hard


def _ties(
    age: Chance,
    old: Chance,
    hard: Chance,
    alone: npt.NDArray[np.bool_],
    lonely: npt.NDArray[np.bool_],
    bereaved: npt.NDArray[np.bool_],
) -> Iterator[tuple[str, Chance]]:
    adult = age >= WORKING_AGE[0]
    # Few people say so and fewer are coded: one in six of those who are often lonely, in six years.
    yield "social.lonely", 0.008 * lonely
    yield "social.isolated", 0.004 * lonely * (1 + alone)
    yield "social.lives_alone", 0.030 * alone * (0.3 + old)
    yield "social.bereaved", 0.10 * bereaved
    yield "social.prescribing_referral", (0.0010 + 0.0070 * lonely + 0.0014 * (hard > 1.8)) * adult
    yield "social.prescribing_declined", 0.0003 * adult


def _care(
    carer: npt.NDArray[np.bool_], care_home: npt.NDArray[np.bool_], frail: Chance, old: Chance
) -> Iterator[tuple[str, Chance]]:
    yield "social.carer", (0.018 * carer).astype(np.float32)
    yield "social.cared_for", 0.03 * old * frail
    yield "social.care_requirement", 0.02 * old * frail
    yield "social.care_home", (0.08 * care_home).astype(np.float32)
