"""The world in which lists change what they predict."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.learning.influence import expected_share, unsupported
from pipeline.synthetic.feedback_world import YEAR, World, exclude, ignore, simulate, weight

SMALL = World(people=8000, months=36)


def test_naive_learning_loses_its_hold_and_ours_keeps_it() -> None:
    naive, ours = (simulate(SMALL, labels, 1).observed_expected for labels in (ignore, weight))
    assert min(naive) > 1.02
    assert np.mean(naive) > np.mean(ours) + 0.03
    assert all(0.92 < one < 1.08 for one in ours)


def test_a_world_is_the_same_for_the_same_seed() -> None:
    tiny = World(people=2000, months=24)
    assert simulate(tiny, ignore, 3).observed_expected == simulate(tiny, ignore, 3).observed_expected


def test_the_rules_are_those_of_the_product() -> None:
    rows, _ = simulate(World(people=3000, months=24), ignore, 2).tests[-1]
    days = 30
    event, seen = rows.event_in < YEAR, rows.seen_in < YEAR
    outcomes = pl.DataFrame(
        {
            "person": np.arange(len(event)), "event": event, "left": False,
            "days_to_event": np.where(event, rows.event_in * days, 0), "days_observed": np.where(event, rows.event_in * days, YEAR * days),
        }
    ).with_columns(days_to_event=pl.when("event").then("days_to_event"))  # fmt: skip
    touched = pl.DataFrame(
        {
            "person": np.arange(len(event)), "listed": rows.listed, "listed_lately": rows.listed_lately,
            "reached_in": np.where(seen, rows.seen_in * days, 0), "seen": seen, "reached_before": rows.seen_before,
            "risk": rows.risk_when_seen,
        }
    ).with_columns(reached_in=pl.when("seen").then("reached_in"))  # fmt: skip
    found = unsupported(outcomes, touched)
    left = found["left"].to_numpy()
    assert left.tolist() == (exclude(rows)[1] == 0).tolist()
    counted = left & ~rows.seen_before
    label, counts = weight(rows)
    assert (counts > 0).tolist() == (~left | counted).tolist()
    assert expected_share(found, YEAR * days)[counted] == pytest.approx(label[counted])
    assert 0.05 < left.mean() < 0.25
