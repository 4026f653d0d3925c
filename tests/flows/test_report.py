"""The report's notices about snapshots and feedback."""

from __future__ import annotations

import datetime as dt

import polars as pl

from data_schemas.receipts import Notice, Snapshot
from flows.report import _of_feedback, _of_snapshots
from pipeline.ledger.entries import Recorded
from pipeline.ledger.feedback import Feedback
from pipeline.ledger.feedback_rows import SetAside


def snapshot(as_of: dt.date, *names: str) -> Snapshot:
    return Snapshot("folder", as_of, 10, "features", "fingerprint", [Notice(name, f"at {as_of}") for name in names])


def test_the_loneliness_check_is_reported_for_the_newest_date_and_other_notices_for_every_date():
    older, newer = dt.date(2025, 4, 1), dt.date(2026, 4, 1)
    notices = _of_snapshots([snapshot(newer, "loneliness_check"), snapshot(older, "short_history", "loneliness_check")])
    assert [(notice.name, notice.detail) for notice in notices] == [
        ("loneliness_check", "at 2026-04-01"),
        ("short_history", "at 2025-04-01"),
    ]


def test_rows_of_feedback_that_do_not_count_are_counted_and_named():
    aside, twice = (
        SetAside("march.csv", "", 37, "outcome_date cannot be read"),
        SetAside("march.xlsx", "Main", 4, "3/4"),
    )
    unknown = "because no registration has the pseudonym (opted out, gone or mistyped)"
    read = Recorded("march.csv", rows=9, stored=7, set_aside=1, unknown=1, is_new=True)
    notices = _of_feedback(Feedback(pl.DataFrame(), (), (aside,), (twice, twice)), [read])
    assert [notice.detail for notice in notices] == [
        "Rows of feedback that do not count (1): march.csv, row 37: outcome_date cannot be read.",
        f"Dates of feedback that can be read in two ways (2): {twice}; {twice}.",
        f"Rows of feedback that do not count, {unknown}: 1.",
    ]
