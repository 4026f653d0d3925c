"""Up to which day the tables reach: as configured, and as their rows show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from data_schemas.errors import DataRefused
from data_schemas.receipts import IngestReceipt, Notice, TableReceipt
from data_schemas.tables import EVENT_DATE, REQUIRED
from pipeline.ingest.impossible import limits
from pipeline.settings import Settings

GAP = dt.timedelta(days=31)
"""Days that a table may have no rows before a date that it covers."""
EXPECTED = 40
"""Rows that a table should have had in a gap, at its own rate, for the gap not to be chance."""


def newest_as_of(receipt: IngestReceipt, settings: Settings) -> dt.date:
    """The newest date that every required extract covers, never after today.

    That is the end of its `covers` if its rows reach that far, else the day after most of its rows end (`tally.bulk`),
    so that one wrong year does not move it. Registrations and practices limit it only by a configured cover, because
    their dates do not show when they were extracted.
    """
    ends = []
    for name in REQUIRED:
        covers, bulk = settings.extracts[name].covers, receipt.tables[name].bulk
        if covers is not None and not _falls_short(receipt.tables[name], covers[1]):
            ends.append(covers[1])
        elif name in EVENT_DATE and bulk is not None:
            ends.append(bulk[1] + dt.timedelta(days=1))
    if not ends:
        raise DataRefused(f"no as-of date: give run.as_of in site.toml, or covers in one of {', '.join(REQUIRED)}")
    return min(*ends, limits(settings).today)


def uncovered(settings: Settings) -> Iterator[str]:
    """Required extracts whose configured cover ends before the as-of date. People would be scored on missing
    records."""
    as_of = settings.run.as_of
    for name in REQUIRED:
        covers = settings.extracts[name].covers if name in settings.extracts else None
        if as_of is not None and covers is not None and covers[1] < as_of:
            yield f"{name}: covers ends at {covers[1]}, before the as-of date {as_of}; take a date up to then, or a newer extract"


def unreached(settings: Settings, tables: Mapping[str, TableReceipt]) -> Iterator[str]:
    """Required tables whose rows end long before the as-of date that they are configured to cover."""
    as_of = settings.run.as_of
    for name in REQUIRED:
        table = tables.get(name)
        if as_of and table and table.covers and table.bulk and _falls_short(table, min(as_of, table.covers[1])):
            yield (
                f"{_sentence(table)}: the extract was cut off, or covers is wrong. Take a whole extract, a date up to "
                f"{table.bulk[1] + dt.timedelta(days=1)}, or correct covers in [extracts.{name}]"
            )


def notices(settings: Settings, tables: Mapping[str, TableReceipt]) -> Iterator[Notice]:
    """Tables whose rows end well before the as-of date: required ones by the dates seen, all by their configured
    cover."""
    as_of = settings.run.as_of
    for name, table in tables.items():
        until = table.covers and min(table.covers[1], as_of or table.covers[1], limits(settings).today)
        if until and _falls_short(table, until):
            yield Notice(
                "short_cover",
                f"{_sentence(table)}. Was the extract cut off? The months between have no data; that "
                "does not mean that nothing happened.",
            )
        elif (
            as_of
            and not table.covers
            and name in REQUIRED
            and name in EVENT_DATE
            and table.bulk
            and table.bulk[1] + GAP < as_of
        ):
            yield Notice(
                "short_cover",
                f"{name} has no covers in site.toml; its last date is {table.bulk[1]}, and the as-of date is "
                f"{as_of}. If the extract ends there, the months between have no data; that does not mean that "
                "nothing happened.",
            )


def _sentence(table: TableReceipt) -> str:
    covers, bulk = table.covers, table.bulk
    return f"{table.table}: covers goes up to {covers and covers[1]}, but its rows end on {bulk and bulk[1]}"


def _falls_short(table: TableReceipt, until: dt.date) -> bool:
    """Whether the rows of an event table end so long before a day that chance does not explain it."""
    if table.table not in EVENT_DATE or not table.bulk:
        return False
    first, last = table.bulk
    pace = table.rows / max((last - first).days, 1)
    return until - last > GAP and pace * (until - last).days >= EXPECTED
