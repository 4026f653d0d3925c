"""Checks how far back the data goes before an as-of date: notices about tables that begin late."""

from __future__ import annotations

import datetime as dt

from data_schemas.receipts import IngestReceipt, Notice, TableReceipt
from data_schemas.tables import EVENT_DATE

YEAR = 365
"""In days: a table that begins less than this before an as-of date is reported."""


def short_history(ingest: IngestReceipt, as_of: dt.date, history_days: int) -> list[Notice]:
    """Notices for an as-of date that has less than `history_days` of past data, or no data of some table."""
    notices = []
    begins = {name: _begins(ingest.tables[name]) for name in EVENT_DATE if name in ingest.tables}
    first_day = begins["admissions"]
    if first_day is not None and first_day > as_of - dt.timedelta(days=history_days):
        seen = max((as_of - first_day).days, 0)
        detail = f"as of {as_of} features look back {history_days:,} days, but admissions are only there for {seen:,}"
        notices.append(Notice("short_history", detail))
    others = {name: day for name, day in begins.items() if day is not None and name != "admissions"}
    late = {name: day for name, day in others.items() if day > as_of - dt.timedelta(days=min(history_days, YEAR))}
    if late:
        tables = [f"{name} ({_seen(as_of, day)})" for name, day in late.items()]
        detail = (
            f"as of {as_of} some tables have little or no data yet: {', '.join(tables)}. Counts over a longer time "
            "only include the data that there is"
        )
        notices.append(Notice("short_history", detail))
    return notices


def _begins(table: TableReceipt) -> dt.date | None:
    return table.covers[0] if table.covers else table.first_day


def _seen(as_of: dt.date, first_day: dt.date) -> str:
    days = (as_of - first_day).days
    return f"{days:,} days before" if days > 0 else f"begins on {first_day}"
