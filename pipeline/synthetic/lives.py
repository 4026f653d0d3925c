"""Month by month: who is on the list, who is unstable, who is admitted, who dies, and the true risk on the way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.synthetic.conditions import Conditions, Matrix, onset_rate
from pipeline.synthetic.options import Options
from pipeline.synthetic.people import BURN_IN, NEVER, Flags, Floats, Integers, People
from pipeline.synthetic.places import Places

UNSTABLE_FACTOR = 4.5
"""Emergency admissions of an unstable month against a stable one."""
RECOVERY = 0.22
"""Monthly chance that an unstable spell ends."""
BURST = 0.11
"""Extra admissions that one admission brings on, over the months after it."""
BURST_DECAY = 0.45
FATAL_ADMISSION = 0.42
"""Share of deaths that come at the end of an admission of their own."""


@dataclass
class Lives:
    """What the months held; matrices are [month, person]."""

    onset: npt.NDArray[np.int16]
    exit: Integers
    """First month not on the list."""
    died: Integers
    """Month of death, `NEVER` without."""
    fatal: Flags
    """Whether the death came at the end of an admission of its own."""
    widowed: Integers
    """Month in which the partner died, `NEVER` without."""
    unplanned: npt.NDArray[np.uint8]
    unstable: npt.NDArray[np.bool_]
    alone: npt.NDArray[np.bool_]
    lonely: npt.NDArray[np.bool_]
    truth: dict[int, dict[str, npt.NDArray[np.generic]]]
    """By as-of month: persons in the cohort, risk and latents."""


@dataclass
class _Fixed:
    """What does not change for a person."""

    multiplier: Floats
    admissions: Floats
    deaths: Floats
    season: Floats
    level: Floats


def _season(start: dt.date, months: int, peak: float) -> Floats:
    """Winter peak: highest in January, with a mean of 1 over a year."""
    month = (start.month - 1 + np.arange(months) - BURN_IN) % 12
    return np.asarray(1 + peak * np.cos(2 * np.pi * month / 12), dtype=np.float32)


def base_rate(age: npt.NDArray[np.floating], female: Flags) -> Floats:
    """Emergency admissions a year not brought on by a listed condition, for someone with a multiplier of 1."""
    ages = [0, 1, 3, 8, 14, 20, 30, 45, 55, 65, 75, 85, 95]
    rates = [0.16, 0.12, 0.055, 0.025, 0.03, 0.04, 0.035, 0.035, 0.038, 0.05, 0.09, 0.17, 0.24]
    return np.asarray(np.interp(age, ages, rates) * np.where(female & (age > 15) & (age < 45), 1.15, 1.0), np.float32)


def death_rate(age: npt.NDArray[np.floating]) -> Floats:
    """Deaths a year of someone without conditions and with average frailty (Gompertz)."""
    return np.asarray(0.00028 * np.exp(0.083 * np.maximum(age - 20, 0)), dtype=np.float32)


def loneliness(people: People, age: npt.NDArray[np.floating], alone: Flags, widowed: Flags, ill: Floats) -> Floats:
    """Chance of feeling lonely often or always (Community Life Survey by age; odds ratios of ONS 2018)."""
    level = np.interp(age, [16, 24, 35, 50, 65, 75, 90], [-2.45, -2.55, -2.9, -3.05, -3.65, -3.95, -4.1])
    score = level + 0.75 * alone + 0.95 * widowed + 0.40 * ill + 0.30 * people.hardship - 0.35 * people.sociable
    return np.asarray(1 / (1 + np.exp(-score)) * (age >= 10), dtype=np.float32)


def _multiplier(people: People, places: Places) -> Floats:
    log = (
        0.38 * people.frailty
        + 0.14 * people.hardship
        + 0.42 * people.private
        + 0.5 * places.excess[people.area]
        - 0.14 * people.active
        - 0.10 * people.group
        + 0.12 * people.smoker
    )
    return np.asarray(np.exp(log), dtype=np.float32)


def live(people: People, conditions: Conditions, onset: npt.NDArray[np.int16], places: Places, options: Options, rng: np.random.Generator, asks: list[int]) -> Lives:
    """Run the months; `asks` are the months at whose start the true risk is worked out."""
    months = options.years * 12 + BURN_IN
    n = len(people)
    fixed = _Fixed(
        multiplier=_multiplier(people, places),
        admissions=conditions.column("admissions"),
        deaths=conditions.column("deaths"),
        season=_season(options.start, months + 13, 0.09),
        level=_level(options, months + 13),
    )
    alive = np.ones(n, dtype=bool)
    unstable = rng.random(n) < 0.05
    burst = np.zeros(n, dtype=np.float32)
    died = np.full(n, NEVER, dtype=np.int32)
    fatal = np.zeros(n, dtype=bool)
    widowed = np.full(n, NEVER, dtype=np.int32)
    shape = (months, n)
    out = Lives(
        onset, people.leave.copy(), died, fatal, widowed, np.zeros(shape, np.uint8), np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, bool), {}
    )
    homes = int(people.household.max()) + 1
    for t in range(months + 1):
        here = alive & (people.join <= t) & (people.leave > t)
        age = (t - people.birth) / 12
        company = np.bincount(people.household[here], minlength=homes)[people.household]
        alone = here & (company == 1) & ~people.care_home
        has = onset <= t
        ill = np.minimum(has.sum(axis=1), 4).astype(np.float32)
        lonely_chance = loneliness(people, age, alone, widowed <= t, ill)
        lonely = people.disposition < lonely_chance
        now = _personal(people, fixed, age, alone, lonely)
        if t in asks:
            rows = np.flatnonzero(here)
            out.truth[t] = _truth(people, conditions, fixed, t, rows, age, has, now, unstable, burst) | {
                "loneliness": lonely_chance[rows],
                "frailty": frailty_index(people, has, age)[rows],
                "hardship": people.hardship[rows],
            }
        if t == months:
            break
        chronic = has @ fixed.admissions
        rate = fixed.season[t] * fixed.level[t] * now * (base_rate(age, people.female) + chronic) / 12
        intensity = np.where(unstable, UNSTABLE_FACTOR, 1.0) * rate + burst
        count = rng.poisson(intensity * here).astype(np.uint8)
        dies = here & (rng.random(n) < _death(people, fixed, age, has, unstable))
        fatal_now = dies & (rng.random(n) < FATAL_ADMISSION)
        count = np.minimum(count + fatal_now, 6).astype(np.uint8)
        out.unplanned[t], out.unstable[t], out.alone[t], out.lonely[t] = count, unstable & here, alone, lonely & here
        died[dies], fatal[fatal_now] = t, True
        alive &= ~dies
        bereaved = people.partner[dies & (people.partner >= 0)]
        widowed[bereaved] = np.minimum(widowed[bereaved], t + 1)
        burst = burst * BURST_DECAY + count * (BURST * (1 - BURST_DECAY)) * np.minimum(now, 2.5)
        becomes = _becomes_unstable(people, ill)
        unstable = np.where(unstable, rng.random(n) >= RECOVERY, rng.random(n) < becomes)
    out.exit = np.minimum(people.leave, np.where(died < NEVER, died + 1, NEVER))
    return out


def _level(options: Options, months: int) -> Floats:
    level = np.ones(months, dtype=np.float32)
    if options.shift_from is not None:
        first = (options.shift_from.year - options.start.year) * 12 + options.shift_from.month - options.start.month
        level[max(0, first + BURN_IN) :] = 1 + options.level_shift
    return level


def _personal(people: People, fixed: _Fixed, age: npt.NDArray[np.floating], alone: Flags, lonely: Flags) -> Floats:
    """A person's multiplier this month: living alone at 65 and over adds about 14%, being lonely a little more."""
    log = 0.13 * (alone & (age >= 65)) + 0.12 * lonely
    return np.asarray(fixed.multiplier * np.exp(log), dtype=np.float32)


def _becomes_unstable(people: People, ill: Floats) -> Floats:
    return np.asarray(np.minimum(0.006 * np.exp(0.3 * people.frailty + 0.22 * ill), 0.2), dtype=np.float32)


def _death(people: People, fixed: _Fixed, age: npt.NDArray[np.floating], has: Flags, unstable: Flags) -> Floats:
    yearly = death_rate(age) * np.exp(0.25 * people.frailty + 0.12 * people.hardship) + has @ fixed.deaths * np.interp(age, [40, 80], [0.5, 1.0])
    return np.asarray(1 - np.exp(-yearly * np.where(unstable, 3.0, 0.8) / 12), dtype=np.float32)


def frailty_index(people: People, has: Flags, age: npt.NDArray[np.floating]) -> Floats:
    """Share between 0 and 1, rising with age, conditions and the latent: read as an eFI-like number."""
    score = -3.4 + 0.035 * np.maximum(age - 40, 0) + 0.22 * has.sum(axis=1) + 0.30 * people.frailty
    return np.asarray(1 / (1 + np.exp(-score)), dtype=np.float32)


def _truth(
    people: People,
    conditions: Conditions,
    fixed: _Fixed,
    t: int,
    rows: npt.NDArray[np.intp],
    age: npt.NDArray[np.floating],
    has: Flags,
    now: Floats,
    unstable: Flags,
    burst: Floats,
) -> dict[str, npt.NDArray[np.generic]]:
    """The chance of at least one unplanned admission in the twelve months from `t`, given everything latent at `t`.

    Months are walked forward with the chance of each of the two states (stable, unstable) and no admission so far.
    Within a month admissions are Poisson, so the state's chance is multiplied by exp(−intensity). Incident conditions
    enter by their expected share (onset rate × time); what widowhood and changes of mood in the year would add is left out.
    """
    age, now = age[rows], now[rows]
    person = _rows(people, rows)
    without = ~has[rows]
    rate_of_onset = onset_rate(conditions, person, age) * without
    ill = np.minimum(has[rows].sum(axis=1), 4).astype(np.float32)
    becomes = _becomes_unstable(person, ill)
    stable = 1.0 - unstable[rows]
    shaky = unstable[rows].astype(np.float64)
    pending = burst[rows]
    risk = np.zeros(len(rows))
    for k in range(12):
        at = age + (k + 0.5) / 12
        expected = has[rows] @ fixed.admissions + (1 - np.exp(-rate_of_onset * (k + 0.5) / 12)) @ fixed.admissions
        rate = fixed.season[t + k] * fixed.level[t + k] * now * (base_rate(at, person.female) + expected) / 12
        for state, factor, flag in ((stable, 1.0, False), (shaky, UNSTABLE_FACTOR, True)):
            death = _death(person, fixed, at, has[rows], np.full(len(rows), flag))
            none = np.exp(-(rate * factor + pending))
            risk += state * (1 - none * (1 - death * FATAL_ADMISSION))
            state *= none * (1 - death)
        stable, shaky = stable * (1 - becomes) + shaky * RECOVERY, stable * becomes + shaky * (1 - RECOVERY)
        pending = pending * BURST_DECAY
    return {"person": rows, "risk": risk}


def _rows(people: People, rows: npt.NDArray[np.intp]) -> People:
    """The same people, fewer of them."""
    return People(**{name: values[rows] for name, values in vars(people).items()})
