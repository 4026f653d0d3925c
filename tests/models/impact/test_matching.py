"""Matched sets by hand."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from models.impact.matching import match

DAY = dt.date(2025, 1, 10)


def frame(*rows: tuple[int, float, str, dt.date | None]) -> pl.DataFrame:
    """`person, logit, sex, free_until`, all in one month."""
    return pl.DataFrame(
        rows, schema={"person": pl.Int32, "logit": pl.Float64, "sex": pl.String, "free_until": pl.Date}, orient="row"
    ).with_columns(start_date=DAY)


def test_the_nearest_within_the_caliper_and_the_same_stratum() -> None:
    cases = frame((1, 0.0, "1", DAY), (2, 5.0, "1", DAY))
    pool = frame(
        (10, 0.30, "1", None), (11, -0.1, "1", None), (12, 0.0, "2", None), (13, 0.2, "1", None), (14, 2.0, "1", None)
    )
    found = match(cases, pool, ["sex"], controls=2, caliper=0.25)
    assert [(c, pool["person"][int(k)]) for c, k in zip(found.case, found.control, strict=True)] == [(0, 11), (0, 13)]
    assert found.weights().tolist() == [0.5, 0.5]


def test_nobody_for_whom_it_has_begun_and_nobody_themselves() -> None:
    pool = frame((1, 0.0, "1", None), (2, 0.0, "1", DAY), (3, 0.0, "1", dt.date(2025, 1, 11)))
    found = match(frame((1, 0.0, "1", DAY)), pool, ["sex"], caliper=1.0)
    assert pool["person"][found.control].to_list() == [3]


def test_controls_are_used_again() -> None:
    found = match(frame((1, 0.0, "1", DAY), (2, 0.1, "1", DAY)), frame((9, 0.0, "1", None)), ["sex"], caliper=1.0)
    assert found.control.tolist() == [0, 0]
    assert found.weights().sum() == pytest.approx(2)


def test_a_stratum_without_controls_gives_no_sets() -> None:
    found = match(frame((1, 0.0, "1", DAY)), frame((9, 0.0, "2", None)), ["sex"], caliper=1.0)
    assert len(found.case) == 0
