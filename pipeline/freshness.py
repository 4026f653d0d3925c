"""Works out how recent each source is at the as-of date, and how many of its codes the code lists know."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from data_schemas.coding import CodesKnown, Coding
from data_schemas.receipts import IngestReceipt


@dataclass(frozen=True)
class Freshness:
    """One table: first and last day seen, days from the last one to the as-of date, rows, shares of known codes and
    rows.
    """

    first_day: dt.date | None
    last_day: dt.date | None
    age_days: int | None
    rows: int
    share_of_codes_known: float | None
    share_of_rows_known: float | None


def freshness(ingest: IngestReceipt, coding: Coding, as_of: dt.date | None) -> dict[str, Freshness]:
    """Table → how recent it is. Tables without dates or codes are left out."""
    by_table = {}
    for name, table in ingest.tables.items():
        codes = coding.tables.get(name, CodesKnown(0, 0, 0, 0))
        age = (as_of - table.last_day).days if as_of and table.last_day else None
        by_table[name] = Freshness(
            table.first_day, table.last_day, age, table.rows, codes.share_of_codes, codes.share_of_rows
        )
    return by_table
