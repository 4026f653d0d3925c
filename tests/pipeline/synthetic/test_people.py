"""Households and people compared with the census."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.synthetic.hazards import is_carer
from pipeline.synthetic.households import build_homes
from pipeline.synthetic.options import Options
from pipeline.synthetic.people import BURN_IN, NEVER, build_people
from pipeline.synthetic.places import build_places

PEOPLE = 20_000


@pytest.fixture(scope="module")
def places():
    return build_places(Options(people=PEOPLE, seed=1))


@pytest.fixture(scope="module")
def people(places):
    return build_people(places, PEOPLE, BURN_IN + 72, np.random.default_rng(3))


def close(share, target, n, slack=0.0):
    """Whether a share is within four standard errors of a target, plus the target's own uncertainty (`slack`)."""
    return abs(share - target) <= 4 * np.sqrt(target * (1 - target) / n) + slack


def test_everyone_lives_somewhere_and_partners_live_together():
    rng = np.random.default_rng(1)
    age, female = rng.uniform(0, 95, 3_000), rng.random(3_000) < 0.5
    homes = build_homes(age, female, rng)
    assert (homes.household >= 0).all()
    paired = np.flatnonzero(homes.partner >= 0)
    assert len(paired) > 800
    assert (homes.partner[homes.partner[paired]] == paired).all()
    assert (homes.household[homes.partner[paired]] == homes.household[paired]).all()
    assert (female[paired] != female[homes.partner[paired]]).all()


def test_children_live_with_an_adult_old_enough_to_be_a_parent(people):
    first = people.join == 0
    age, home = people.age(0), people.household
    oldest = np.zeros(home.max() + 1)
    np.maximum.at(oldest, home[first], age[first])
    child = first & (age < 16)
    assert (oldest[home[child]] - age[child] > 15).mean() > 0.98


def test_one_block_of_nobody_but_children_stands():
    homes = build_homes(np.full(5, 8.0), np.ones(5, dtype=bool), np.random.default_rng(1))
    assert len(set(homes.household.tolist())) == 5


def test_ages_and_areas_are_those_of_the_borough(people, places):
    here = people.join == 0
    age, n = people.age(0)[here], int(here.sum())
    residents = places.residents.sum(axis=0)
    young = residents[:18].sum() / residents.sum()
    assert close((age < 18).mean(), young, n, slack=0.01)
    deprived = places.residents[places.fifth == 0].sum() / residents.sum()
    assert close((places.fifth[people.area[here]] == 0).mean(), deprived, n, slack=0.01)


def test_deprived_areas_are_harder_and_practices_are_near(people, places):
    hard = [people.hardship[places.fifth[people.area] == fifth].mean() for fifth in range(5)]
    assert hard == sorted(hard, reverse=True)
    assert hard[0] - hard[4] > 1
    place = places.areas.select("lon", "lat").to_numpy() * [66.3, 111.2]
    there = places.practices.select("lon", "lat").to_numpy() * [66.3, 111.2]
    far = np.linalg.norm(place[people.area] - there[people.practice], axis=1)
    anywhere = np.linalg.norm(place[people.area] - there[np.random.default_rng(1).permutation(people.practice)], axis=1)
    assert np.median(far) < 0.6 * np.median(anywhere)


def test_smokers_and_carers_are_as_common_as_published(people):
    age = people.age(BURN_IN + 72)
    here = (people.leave == NEVER) | (people.leave > BURN_IN + 72)
    adult = here & (age >= 18)
    assert close(people.smoker[adult].mean(), 0.147, adult.sum(), slack=0.012)
    assert close(is_carer(people, age)[here].mean(), 0.103, here.sum(), slack=0.012)


def test_comings_balance_goings(people):
    years = 6
    came = (people.join > 0).sum() / years
    left = (people.leave < BURN_IN + 72).sum() / years
    deaths = 0.0104 * PEOPLE
    assert came == pytest.approx(left + deaths, rel=0.12)
