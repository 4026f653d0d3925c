"""People who opted out: read first, and in no count and no file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet, scan_parquet, write_parquet
from data_schemas.errors import DataRefused
from data_schemas.feature_parts import read_part, write_part
from data_schemas.profiles.translate import MEMBER, STANDING
from data_schemas.pseudonyms import HEXADECIMAL, Kind, folded
from data_schemas.receipts import Notice
from data_schemas.working import delete_working
from pipeline.ingest.checked_table import CheckedTable
from pipeline.ingest.impossible import Limits
from pipeline.ingest.marks import RULE
from pipeline.ingest.people import People
from pipeline.ingest.source_file import read
from pipeline.ingest.sources import Table
from pipeline.ledger import delivered, entries, influence

NOBODY = pl.Series("person_id", [], dtype=pl.String)
SHORTENED = "-without-opted-out"


def opted_out(table: Table | None, max_reject_rate: float, limits: Limits, kind: Kind) -> pl.Series:
    """Sorted pseudonyms of everybody in the table, in the form used for comparison. A row that breaks another rule
    still removes the person.

    Raises `DataRefused` if a row names nobody or too many rows break a rule, because then nobody knows whom to remove.
    """
    if table is None:
        return NOBODY
    checked = CheckedTable(table, People(None, NOBODY), limits)
    rows = read(
        lambda: checked.rows().filter(pl.col(STANDING) == MEMBER).select("person_id", RULE).collect(engine="streaming"),
        lambda: "opt_outs: the files changed while they were read; run it again",
    )
    if rows["person_id"].null_count():
        raise DataRefused(
            "opt_outs: there are rows without person_id, so it is not known who to remove; export the table again"
        )
    if rows[RULE].count() > max_reject_rate * rows.height:
        broken = ", ".join(sorted({checked.rule_names[rule] for rule in rows[RULE].drop_nulls()}))
        raise DataRefused(
            f"opt_outs: more than {max_reject_rate:.1%} of the rows break a rule ({broken}); kind is type1 or national: export it again"
        )
    return rows.select(folded(pl.col("person_id"), kind)).to_series().unique().sort()


def matched(people: People, tables: Iterable[Table], enough: float) -> tuple[float, list[str]]:
    """The share of the opted-out people who have a row in the tables, and the tables checked until it was `enough`."""
    wanted = people.opted_out.implode()
    people_found: set[str] = set()
    names = []
    for table in tables:
        names.append(table.name)
        there = table.pseudonyms(people.pseudonyms).filter(pl.col("person_id").is_in(wanted))
        people_found |= set(_read(table, there.unique())["person_id"])
        if len(people_found) >= enough * people.opted_out.len():
            break
    return len(people_found) / people.opted_out.len(), names


def kind_of(registrations: Table | None) -> Kind:
    """Whether all pseudonyms look hexadecimal."""
    if registrations is None:
        return "exact"
    looks = registrations.pseudonyms("exact").select(
        pl.col("person_id").str.contains(HEXADECIMAL).all(), n=pl.col("person_id").count()
    )
    looked = _read(registrations, looks)
    return "hex" if looked["n"][0] and looked["person_id"][0] else "exact"


def _read(table: Table, frame: pl.LazyFrame) -> pl.DataFrame:
    return read(lambda: frame.collect(engine="streaming"), lambda: f"{table.name}: the files changed; run it again")


def forget(people: pl.Series, store: Path, kind: Kind) -> list[Notice]:
    """Remove people from what earlier runs and releases left in the store. Says where delivered lists still contain
    them.
    """
    _leave_snapshots(people, store, kind)
    entries.forget(store, people, kind)
    influence.forget(store, people, kind)
    clusters = delivered.forget(store, people, kind)
    if not clusters:
        return []
    start = "1 cluster has a list" if clusters == 1 else f"{clusters} clusters have lists"
    return [
        Notice(
            "opted_out_on_lists",
            f"{start} with people who have opted out since. Release again (`neighbourly release DATE`) to leave them "
            "out of the next edition.",
        )
    ]


def _leave_snapshots(people: pl.Series, store: Path, kind: Kind) -> None:
    """Remove people from the snapshots of earlier runs, which known models are still compared on.

    Such a snapshot is renamed first, so that it is not taken for the whole one if the opt-outs are withdrawn. Its
    cohort is changed last, so that a killed run starts again. What a killed run left of its work is deleted.
    """
    delete_working(store)
    for cohort in store.glob("snapshots/*/cohort.parquet"):
        named = scan_parquet(cohort).filter(folded(pl.col("person_id"), kind).is_in(people.implode()))
        gone = named.select("person").collect(engine="streaming")["person"]
        if gone.len():
            folder = cohort.parent
            if not folder.name.endswith(SHORTENED):
                folder = folder.rename(folder.with_name(folder.name + SHORTENED))
            stay = ~pl.col("person").is_in(gone.implode())
            for path in folder.glob("features/*.arrow"):
                write_part(read_part(path).filter(stay), path)
            for path in sorted(folder.rglob("*.parquet"), key=lambda path: path.name == cohort.name):
                write_parquet(read_parquet(path).filter(stay), path)
