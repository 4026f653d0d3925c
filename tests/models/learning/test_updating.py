"""Closed testing finds the update that a changed world needs, and keeps a model that is still right."""

from __future__ import annotations

import numpy as np
import pytest

from models.learning.updating import closed_test, refit_is_better
from models.metrics import expit, logit

TRIALS = 120
PEOPLE = 6000


def chosen(shift: float, slope: float, trials: int = TRIALS) -> dict[str, float]:
    """Share of simulated years in which each update is chosen. Everybody has two rows with the same risk."""
    found: dict[str, float] = {}
    for seed in range(trials):
        rng = np.random.default_rng([5, seed])
        x = np.repeat(rng.normal(-2.2, 1.0, PEOPLE // 2), 2)
        y = (rng.random(PEOPLE) < expit(shift + slope * x)).astype(np.int8)
        update = closed_test(expit(x), y, np.arange(PEOPLE) // 2).update
        found[update] = found.get(update, 0.0) + 1 / trials
    return found


def test_a_model_that_is_still_right_is_kept():
    assert chosen(0.0, 1.0)["keep"] >= 0.95


def test_a_shift_of_prevalence_asks_for_the_intercept():
    assert chosen(-0.4, 1.0)["intercept"] >= 0.9


def test_risks_too_far_apart_ask_for_the_slope():
    assert chosen(-0.6, 0.7)["slope"] >= 0.9


def test_the_update_puts_the_newest_outcomes_right():
    rng = np.random.default_rng(2)
    x = rng.normal(-2, 1.2, 20_000)
    y = (rng.random(20_000) < expit(-0.5 + 0.7 * x)).astype(np.int8)
    found = closed_test(expit(x), y, np.arange(20_000))
    assert (found.shift, found.slope) == (pytest.approx(-0.5, abs=0.12), pytest.approx(0.7, abs=0.05))


def test_rows_of_one_person_do_not_count_as_many():
    rng = np.random.default_rng(3)
    x = rng.normal(-2, 1, 400)
    y = (rng.random(400) < expit(x - 0.25)).astype(np.int8)
    once, often = (
        closed_test(expit(x), y, np.arange(400)),
        closed_test(*(np.tile(v, 20) for v in (expit(x), y, np.arange(400)))),
    )
    assert often.chance_of_line == pytest.approx(once.chance_of_line, rel=0.05)


def test_outcomes_of_one_kind_change_nothing():
    assert closed_test(np.full(50, 0.1), np.zeros(50), np.arange(50)).update == "keep"


def test_a_refit_must_be_better_by_more_than_chance():
    rng = np.random.default_rng(4)
    x, more = rng.normal(-2, 1, (2, 8000))
    true = expit(x + more)
    y = (rng.random(8000) < true).astype(np.int8)
    assert refit_is_better(y, expit(x), true, np.arange(8000))
    assert not refit_is_better(y, true, expit(logit(true) + rng.normal(0, 0.02, 8000)), np.arange(8000))
