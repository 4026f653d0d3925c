"""Works out the true risk: the chance of an unplanned admission in the next 12 months, given all latents now."""

from __future__ import annotations

import numpy as np

from pipeline.synthetic.conditions import Conditions, onset_rate
from pipeline.synthetic.hazards import (
    BURST_DECAY,
    FATAL_ADMISSION,
    RECOVERY,
    UNSTABLE_FACTOR,
    State,
    acute_rate,
    death_chance,
    destabilises,
    illness,
)
from pipeline.synthetic.households import Numbers
from pipeline.synthetic.people import Floats, People


def true_risk(people: People, conditions: Conditions, state: State, personal: Floats, factor: Floats) -> Numbers:
    """Follow each person for 12 months with the chance of each state (stable, unstable) and no admission so far.

    Within a month admissions are Poisson, so exp(-intensity) is the chance of none. Deaths end the period; some happen
    during an admission. Conditions that begin in the year count by their expected share. `personal` is the multiplier
    at the start and `factor` is the season of the 12 months. The effects of a bereavement or a change of mood in the
    year are left out. `test_truth` compares the result with what happens.
    """
    becomes_ill = onset_rate(conditions, people, state.age) * ~state.has
    becomes_unstable = destabilises(people, illness(state.has[:, conditions.counts]))
    stable, unstable = 1.0 - state.unstable, state.unstable.astype(np.float64)
    pending = state.burst.astype(np.float64)
    risk = np.zeros(len(people))
    chronic = state.has @ conditions.admissions
    each = [
        (times, death_chance(people, state, conditions.deaths, np.full(len(people), flag)))
        for times, flag in ((1.0, False), (UNSTABLE_FACTOR, True))
    ]
    for month in range(12):
        years = (month + 0.5) / 12
        new = (1 - np.exp(-becomes_ill * years)) @ conditions.admissions
        rate = factor[month] * personal * (acute_rate(state.age + years, people.female) + chronic + new) / 12
        for at, (times, death) in zip((stable, unstable), each, strict=True):
            none = np.exp(-(rate * times + pending))
            risk += at * (1 - none * (1 - death * FATAL_ADMISSION))
            at *= none * (1 - death)  # noqa: PLW2901 the state's chance is reduced in place
        stable, unstable = (
            stable * (1 - becomes_unstable) + unstable * RECOVERY,
            stable * becomes_unstable + unstable * (1 - RECOVERY),
        )
        pending *= BURST_DECAY
    return risk
