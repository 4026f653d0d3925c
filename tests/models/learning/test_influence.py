"""Rows of people whom a list reached."""

from __future__ import annotations

import polars as pl
import pytest

from models.learning.influence import EMPTY, unsupported, weights

OUTCOMES = pl.DataFrame(
    {
        "person": [0, 1, 2, 3],
        "event": [True, True, False, False],
        "days_to_event": [50, 50, None, None],
        "died": False,
        "left": False,
        "days_observed": [50, 50, 365, 365],
        "bed_days": 0,
    },
    schema_overrides={"person": pl.Int32, "days_to_event": pl.Int32, "days_observed": pl.Int32},
)


def touched(*rows: tuple[int, int | None, bool]) -> pl.DataFrame:
    made = pl.DataFrame(
        rows, schema={"person": pl.Int32, "reached_in": pl.Int32, "reached_before": pl.Boolean}, orient="row"
    )
    return made.with_columns(listed=pl.lit(value=True), listed_lately=False, seen_in=None, seen_before=False)


def test_who_was_reached_before_the_outcome_counts_as_having_left() -> None:
    found = unsupported(OUTCOMES, touched((0, 20, False), (1, 80, False), (2, 100, False), (3, None, True)))
    assert found["supported"].to_list() == [True, False, True, True]
    assert found["left"].to_list() == [True, False, True, True]
    assert found["event"].to_list() == [False, True, False, False]
    assert found["days_observed"].to_list() == [20, 50, 100, 0]


def test_without_a_ledger_nothing_changes() -> None:
    found = unsupported(OUTCOMES, EMPTY)
    assert not found["supported"].any()
    assert found.select(*OUTCOMES.columns).equals(OUTCOMES)
    assert weights(found, 365).tolist() == [1, 1, 1, 1]


def test_those_not_reached_stand_for_those_who_were_among_the_listed() -> None:
    # Of the listed, one was reached on day 20: the other counts for two. Those on no list count for themselves.
    made = touched((0, 20, False), (1, None, False))
    found = unsupported(OUTCOMES.with_columns(event=False, days_to_event=None, days_observed=365), made)
    assert weights(found, 365).tolist() == pytest.approx([2, 1, 1])
