"""What is told about the tables that came in: receipts, and notices for the report."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from data_schemas.disk import sha256
from data_schemas.hospital import DIAGNOSES, DIAGNOSIS_PATTERNS
from data_schemas.receipts import Notice, TableReceipt
from data_schemas.tables import EVENT_DATE, REQUIRED
from pipeline.ingest.door import Door
from pipeline.ingest.staging import Admitted
from pipeline.settings import Settings

DATED = {**EVENT_DATE, "registrations": "registered_from"}
MALFORMED = "diagnosis.malformed"
IDENTICAL_SHARE = 0.05
MALFORMED_SHARE = 0.05
GAP = dt.timedelta(days=31)


def receipt(door: Door, admitted: Admitted, written: Path, path: Path) -> TableReceipt:
    """The receipt of a table that was `written` and will stand at `path`."""
    table = pl.scan_parquet(written)
    schema = table.collect_schema()
    columns = [name for name in schema if name != "person"]
    nulls = table.select(pl.col(columns).null_count()).collect(engine="streaming").row(0, named=True)
    first, last = _covered(table, DATED.get(door.name))
    return TableReceipt(
        table=door.name,
        path=str(path),
        sha256=sha256(written),
        rows_read=admitted.read,
        rows=admitted.rows,
        rejects=admitted.rejects,
        unregistered=admitted.unregistered,
        identical_rows=admitted.identical,
        warnings=_malformed_diagnoses(table, schema, door.table.extract.diag_system),
        null_share={name: round(count / max(admitted.rows, 1), 6) for name, count in nulls.items()},
        first_day=first,
        last_day=last,
        covers=door.table.extract.covers,
    )


def _covered(table: pl.LazyFrame, date: str | None) -> tuple[dt.date | None, dt.date | None]:
    if date is None:
        return None, None
    found = table.select(first=pl.col(date).min(), last=pl.col(date).max()).collect(engine="streaming")
    return found["first"][0], found["last"][0]


def _malformed_diagnoses(table: pl.LazyFrame, schema: pl.Schema, system: str) -> dict[str, int]:
    """Diagnoses that are no codes of the configured system: told of, never rejected."""
    codes = [pl.col(name).str.to_uppercase() for name in DIAGNOSES if name in schema]
    if not codes:
        return {}
    wrong = [(~code.str.contains(DIAGNOSIS_PATTERNS[system])).sum() for code in codes]
    count = table.select(wrong=pl.sum_horizontal(wrong)).collect(engine="streaming").item()
    return {MALFORMED: int(count)} if count else {}


def fingerprint(people: Path | None, tables: dict[str, TableReceipt], settings: Settings) -> str:
    """Hash of the tables' content and of what else of an extract's section later steps look at."""
    content = {
        name: [table.sha256, settings.extracts[name].diag_system, [str(day) for day in table.covers or ()]]
        for name, table in tables.items()
    }
    return hashlib.sha256(json.dumps([people and sha256(people), content], sort_keys=True).encode()).hexdigest()


def notices(settings: Settings, tables: dict[str, TableReceipt]) -> Iterator[Notice]:
    """What a reader of the report should know about the data that came in."""
    if "opt_outs" not in settings.extracts:
        yield Notice(
            "no_opt_outs", "No table of opt-outs is configured: the sources must have left these people out already."
        )
    for name, table in tables.items():
        if not table.rows_read:
            yield Notice("empty_table", f"{name} holds no rows.")
            continue
        if table.identical_rows > IDENTICAL_SHARE * table.rows_read:
            yield Notice("identical_rows", _identical(name, table))
        codes = _codes(table)
        if table.warnings.get(MALFORMED, 0) > MALFORMED_SHARE * codes:
            system = settings.extracts[name].diag_system
            yield Notice(
                "malformed_diagnoses",
                f"{name}: {table.warnings[MALFORMED]:,} of {codes:,} diagnoses are no well-formed codes of {system}: is diag_system right?",
            )
    yield from _covers(settings, tables)


def _identical(name: str, table: TableReceipt) -> str:
    share = table.identical_rows / table.rows_read
    return (
        f"{name}: {table.identical_rows:,} rows ({share:.1%}) repeat another one in every column. They are kept unless "
        f"drop_identical = true stands in [extracts.{name}]."
    )


def _codes(table: TableReceipt) -> int:
    return round(sum(table.rows * (1 - table.null_share[name]) for name in DIAGNOSES if name in table.null_share))


def _covers(settings: Settings, tables: dict[str, TableReceipt]) -> Iterator[Notice]:
    """Required tables that end well before the as-of date, by the last date seen alone."""
    as_of = settings.run.as_of
    for name in REQUIRED:
        table = tables.get(name)
        if table is None or table.covers or name not in EVENT_DATE or not table.last_day or not as_of:
            continue
        if table.last_day + GAP < as_of:
            yield Notice(
                "short_cover",
                f"{name} has no covers in site.toml; its last date is {table.last_day}, and the as-of date is {as_of}. "
                "If the extract ends there, the months between are blank, not quiet.",
            )
