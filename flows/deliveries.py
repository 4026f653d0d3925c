"""Records each delivery of a site's extracts, so that users notice a short or a repeated one."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from data_schemas import disk
from data_schemas.receipts import IngestReceipt, Notice
from data_schemas.tables import EVENT_DATE
from flows.fingerprints import place
from pipeline.settings import Settings

SHRUNK = 0.8
"""A table is reported as smaller if it has fewer rows than this share of the last delivery's."""
WATCHED = ("registrations", *EVENT_DATE)
"""Tables that every delivery should bring again; practices and areas may stay as they are."""


@dataclass(frozen=True)
class Arrived:
    """One table of a delivery: its rows, and a hash of its files' content."""

    rows: int
    content: str


@dataclass(frozen=True)
class Delivery:
    """All tables that are compared, and the as-of date for which they were read."""

    as_of: dt.date | None
    tables: dict[str, Arrived] = field(default_factory=dict)


def delivery(settings: Settings, ingest: IngestReceipt, hashes: dict[str, str], as_of: dt.date | None) -> Delivery:
    """Describe the present delivery. `hashes` has the SHA-256 of every extract file."""
    arrived = {
        name: Arrived(
            table.rows_read, _content([place(file, settings) for file in settings.extracts[name].files], hashes)
        )
        for name, table in ingest.tables.items()
        if name in WATCHED
    }
    return Delivery(as_of, arrived)


def _content(files: Sequence[str], hashes: dict[str, str]) -> str:
    return hashlib.sha256(" ".join(sorted(hashes[file] for file in files)).encode()).hexdigest()


def remembered(store: Path) -> list[Delivery]:
    """Read the deliveries that were ingested into a store, oldest first."""
    path = store / "deliveries.json"
    return _KIND.validate_json(path.read_bytes()) if path.exists() else []


def remember(store: Path, now: Delivery) -> None:
    """Add a delivery to the record, unless it is the same as the last one."""
    before = remembered(store)
    if before[-1:] != [now]:
        disk.write(store / "deliveries.json", _KIND.dump_json([*before, now], indent=1))


def notices(now: Delivery, before: list[Delivery]) -> Iterator[Notice]:
    """Notices from comparing this delivery with the one before."""
    last = next((each for each in reversed(before) if each != now), None)
    if last is None:
        return
    both = {name: (table, last.tables[name]) for name, table in now.tables.items() if name in last.tables}
    for name, (table, earlier) in both.items():
        if table.rows < SHRUNK * earlier.rows:
            share = 1 - table.rows / earlier.rows
            yield Notice(
                "shrunk_extract",
                f"{name} has {table.rows:,} rows, {share:.0%} fewer than the {earlier.rows:,} of the last ingest: is the extract whole?",
            )
    later = now.as_of is not None and last.as_of is not None and now.as_of > last.as_of
    moved_on = later or any(table.content != earlier.content for table, earlier in both.values())
    repeated = [name for name, (table, earlier) in both.items() if moved_on and table.content == earlier.content]
    if repeated:
        yield Notice(
            "repeated_extract",
            f"The files of {', '.join(repeated)} are the same as at the last ingest: was last month's extract sent again?",
        )


_KIND = TypeAdapter(list[Delivery])
