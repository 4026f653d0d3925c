"""The report's notices about snapshots."""

from __future__ import annotations

import datetime as dt

from data_schemas.receipts import Notice, Snapshot
from flows.report import _of_snapshots


def snapshot(as_of: dt.date, *names: str) -> Snapshot:
    return Snapshot("folder", as_of, 10, "features", "fingerprint", [Notice(name, f"at {as_of}") for name in names])


def test_the_loneliness_check_is_reported_for_the_newest_date_and_other_notices_for_every_date():
    older, newer = dt.date(2025, 4, 1), dt.date(2026, 4, 1)
    notices = _of_snapshots([snapshot(newer, "loneliness_check"), snapshot(older, "short_history", "loneliness_check")])
    assert [(notice.name, notice.detail) for notice in notices] == [
        ("loneliness_check", "at 2026-04-01"),
        ("short_history", "at 2025-04-01"),
    ]
