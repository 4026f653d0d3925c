"""Rows of people whom a list reached."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data_schemas.receipts import Snapshot
from models.learning.influence import EMPTY, expected_share, influence_of, unsupported

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
    return made.with_columns(listed=pl.lit(value=True), listed_lately=False, seen_in=None, seen_before=False, risk=0.36)


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
    assert expected_share(found, 365) == pytest.approx([float("nan")] * 4, nan_ok=True)


def test_what_is_still_expected_of_people_reached_follows_from_the_list_s_risk_and_the_days_left() -> None:
    # Of a risk of 0.36, half the window leaves 1 - sqrt(0.64). For people reached before the window, nobody knows the
    # expected risk.
    found = unsupported(OUTCOMES, touched((0, 0, False), (2, 50, False), (3, None, True)))
    assert expected_share(found, 100) == pytest.approx([0.36, float("nan"), 0.2, float("nan")], nan_ok=True)


def test_a_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    snapshot = Snapshot(str(tmp_path / "snapshots" / "one"), dt.date(2024, 1, 1), 4, "f", "p")
    (tmp_path / "influence").mkdir()
    touched((0, 20, False)).drop("risk").write_parquet(tmp_path / "influence" / "2024-01-01-365.parquet")
    found = influence_of(snapshot, 365)
    assert found.columns == EMPTY.columns
    assert np.isnan(expected_share(unsupported(OUTCOMES, found), 365)).all()
