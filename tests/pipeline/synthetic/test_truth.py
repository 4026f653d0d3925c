"""The true risk agrees with examples worked out by hand, and with what happens to people."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.synthetic import hazards
from pipeline.synthetic.conditions import load_conditions
from pipeline.synthetic.hazards import BURST_DECAY, FATAL_ADMISSION, State, acute_rate
from pipeline.synthetic.options import Options
from pipeline.synthetic.people import build_people
from pipeline.synthetic.places import build_places
from pipeline.synthetic.truth import true_risk

YEAR = np.ones(12, dtype=np.float32)


@pytest.fixture(scope="module")
def people():
    return build_people(build_places(Options(people=500, seed=1)), 500, 84, np.random.default_rng(1))


@pytest.fixture
def simple(monkeypatch):
    """Nobody dies, falls ill or becomes unstable."""
    monkeypatch.setitem(hazards.fitted(), "deaths", 0.0)
    monkeypatch.setattr("pipeline.synthetic.truth.destabilises", lambda people, ill: np.zeros(len(people)))
    monkeypatch.setattr("pipeline.synthetic.truth.onset_rate", lambda c, people, age: np.zeros((len(people), len(c))))


def state(people, *, age=50.0, unstable=False, burst=0.0):
    n, kinds = len(people), len(load_conditions())
    none = np.zeros(n, dtype=bool)
    has = np.zeros((n, kinds), dtype=bool)
    return State(np.full(n, age), has, none, none, np.full(n, unstable), np.full(n, burst, dtype=np.float32))


def risk(people, now, personal=1.0):
    return true_risk(people, load_conditions(), now, np.full(len(people), personal, dtype=np.float32), YEAR)


@pytest.mark.usefixtures("simple")
def test_a_steady_hazard_gives_one_minus_exp_of_its_sum(people):
    months = 50 + (np.arange(12) + 0.5) / 12
    yearly = np.array([acute_rate(np.full(len(people), age), people.female) for age in months]).mean(axis=0)
    assert risk(people, state(people), 3.0) == pytest.approx(1 - np.exp(-3 * yearly), rel=1e-5)


@pytest.mark.usefixtures("simple")
def test_a_burst_adds_what_is_left_of_it_month_by_month(people):
    added = 0.2 * sum(BURST_DECAY**month for month in range(12))
    calm, bursting = (1 - risk(people, state(people, burst=burst)) for burst in (0.0, 0.2))
    assert bursting / calm == pytest.approx(np.full(len(people), np.exp(-added)), rel=1e-5)


@pytest.mark.usefixtures("simple")
def test_an_unstable_spell_ends_after_a_time_that_is_drawn_from_its_recovery(people):
    # by hand: chance of no admission when the spell lasts k whole months is the product of the months' chances
    rate = float(acute_rate(np.array([50.5]), np.array([False]))[0]) / 12
    high, low = np.exp(-rate * hazards.UNSTABLE_FACTOR), np.exp(-rate)
    none = (
        sum(hazards.RECOVERY * (1 - hazards.RECOVERY) ** (k - 1) * high**k * low ** (12 - k) for k in range(1, 12))
        + (1 - hazards.RECOVERY) ** 11 * high**12
    )
    men = risk(people, state(people, unstable=True))[~people.female]
    assert men == pytest.approx(np.full(len(men), 1 - none), rel=0.02)


def test_death_ends_the_year_and_some_deaths_come_in_an_admission(people, monkeypatch):
    monkeypatch.setattr("pipeline.synthetic.truth.onset_rate", lambda c, people, age: np.zeros((len(people), len(c))))
    monkeypatch.setattr("pipeline.synthetic.truth.death_chance", lambda *_: np.full(len(people), 0.1))
    nobody = risk(people, state(people), 0.0)
    expected = FATAL_ADMISSION * (1 - 0.9**12)
    assert nobody == pytest.approx(np.full(len(people), expected), rel=1e-6)


def test_the_true_risk_is_what_happens(messy):
    """Observed admissions in each fifth of risk are within four standard errors of the expected ones."""
    start, end = dt.date(2025, 4, 1), dt.date(2026, 4, 1)
    truth = pl.read_parquet(messy / "truth.parquet").filter(pl.col("as_of") == start).sort("risk")
    people = pl.read_parquet(messy / "extracts" / "registrations-*.parquet").sort("registered_from")
    last = people.unique("person_id", keep="last")
    stays = pl.col("registered_to").is_null() | pl.col("death_date").is_not_null()
    admissions = pl.read_parquet(messy / "extracts" / "admissions-*.parquet")
    emergency = admissions.filter(
        pl.col("admission_method").is_in(["21", "22", "23", "24", "25", "28", "2A", "2D"]),
        pl.col("episode_order") == 1,
        pl.col("admission_date").is_between(start, end, closed="left"),
    )
    joined = truth.join(last.filter(stays), on="person_id", maintain_order="left")
    event = joined["person_id"].is_in(emergency["person_id"].implode()).to_numpy()
    risk = joined["risk"].to_numpy()
    for rows in np.array_split(np.arange(len(risk)), 5):
        error = np.sqrt((risk[rows] * (1 - risk[rows])).sum())
        assert abs(event[rows].sum() - risk[rows].sum()) < 4 * error


def test_fewer_people_are_the_same_people(people):
    rows = np.array([5, 3])
    assert people.take(rows).birth.tolist() == people.birth[rows].tolist()
    assert replace(people).frailty is people.frailty
