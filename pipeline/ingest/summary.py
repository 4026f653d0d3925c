"""Receipts and notices about the tables that came in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from data_schemas.disk import scan_parquet, sha256
from data_schemas.hospital import DIAGNOSES, DIAGNOSIS_PATTERNS
from data_schemas.profiles import omop
from data_schemas.receipts import Notice, TableReceipt
from pipeline.ingest import cover, impossible
from pipeline.ingest.checked_table import CheckedTable
from pipeline.ingest.refusals import in_words
from pipeline.ingest.staging import Admitted
from pipeline.ingest.tally import Tally, bulk
from pipeline.settings import Settings
from pipeline.words import counted

MALFORMED = "diagnosis.malformed"
UNCLASSIFIED = "admission_method.unclassified"
IDENTICAL_SHARE = 0.05
MALFORMED_SHARE = 0.05
EMPTIED_SHARE = 0.01
"""Share of a table's rows from which emptied values in a column are reported."""
EMPTIED_MOSTLY, FEWEST_EMPTIED = 0.5, 5
"""Or the share of the column's own values, if there are at least this many."""
IMPOSSIBLE = {
    "after_registration": "{} after the registration began (in quarantine)",
    "too_old": "{} more than 115 years ago (in quarantine)",
    "before_birth": "{} before the birth (made empty)",
    "future": "{} in the future (made empty)",
    "too_long": "{} longer after the admission than [run] longest_stay_days (made empty)",
}
KEPT = {
    "future": "{} in the future (kept)",
    "after_death": "{} after the person's death (kept)",
    "before_birth": "{} before the person's birth (kept)",
}


def receipt(checked: CheckedTable, admitted: Admitted, tally: Tally, written: Path, path: Path) -> TableReceipt:
    """The receipt of a table that was `written` and will be at `path`."""
    table, days = scan_parquet(written), tally.days()
    bulk_days = bulk(days)
    warnings = {name: count for name, count in tally.warnings.items() if count} | tally.strays(bulk_days)
    return TableReceipt(
        table=checked.name,
        path=str(path),
        sha256=sha256(written),
        rows_read=admitted.read,
        rows=admitted.rows,
        rejects=admitted.rejects,
        unregistered=admitted.unregistered,
        superseded=admitted.superseded,
        deleted=admitted.deleted,
        dropped=admitted.dropped,
        left_out=admitted.left_out,
        emptied=tally.emptied,
        newest_by=checked.table.tells_versions,
        identical_rows=admitted.identical,
        warnings=warnings
        | _unclassified(table, checked)
        | _malformed_diagnoses(table, table.collect_schema(), checked.table.extract.diag_system),
        null_share=tally.null_share,
        first_day=None if days.is_empty() else days["day"][0],
        last_day=None if days.is_empty() else days["day"][-1],
        bulk=bulk_days,
        covers=checked.table.extract.covers,
    )


def _unclassified(table: pl.LazyFrame, checked: CheckedTable) -> dict[str, int]:
    """Visits of a common data model that count as planned admissions because nothing shows how they came about."""
    if checked.table.mapping.infers != "admission_methods":
        return {}
    count = table.select((pl.col("admission_method") == omop.UNCLASSIFIED).sum()).collect(engine="streaming").item()
    return {UNCLASSIFIED: int(count)} if count else {}


def _malformed_diagnoses(table: pl.LazyFrame, schema: pl.Schema, system: str) -> dict[str, int]:
    """Diagnoses that are not codes of the configured system: reported, never rejected."""
    codes = [pl.col(name).str.to_uppercase() for name in DIAGNOSES if name in schema]
    if not codes:
        return {}
    wrong = [(~code.str.contains(DIAGNOSIS_PATTERNS[system])).sum() for code in codes]
    count = table.select(wrong=pl.sum_horizontal(wrong)).collect(engine="streaming").item()
    return {MALFORMED: int(count)} if count else {}


def fingerprint(people: Path | None, tables: dict[str, TableReceipt], settings: Settings) -> str:
    """Hash of the tables' content and of the settings of an extract that later steps use."""
    content = {
        name: [table.sha256, settings.extracts[name].diag_system, [str(day) for day in table.covers or ()]]
        for name, table in tables.items()
    }
    return hashlib.sha256(json.dumps([people and sha256(people), content], sort_keys=True).encode()).hexdigest()


def notices(settings: Settings, tables: dict[str, TableReceipt]) -> Iterator[Notice]:
    """Notices for readers of the report about the data that came in."""
    if "opt_outs" not in settings.extracts:
        yield Notice(
            "no_opt_outs", "No table of opt-outs is configured: the sources must have left these people out already."
        )
    for name, table in tables.items():
        if not table.rows_read:
            yield Notice("empty_table", f"{name} holds no rows.")
            continue
        yield from _versions(settings, table)
        yield from _emptied(table)
        yield from _impossible(table)
        if table.identical_rows > IDENTICAL_SHARE * table.rows_read:
            yield Notice("identical_rows", _identical(name, table))
        if count := table.warnings.get(UNCLASSIFIED, 0):
            yield Notice(
                "admission_methods_inferred",
                f"{name}: {count:,} of {counted(table.rows, 'visit')} ({count / max(table.rows, 1):.1%}) could not be classified: "
                "nothing says how they came about, and they count as planned. Those that an emergency visit leads to count as emergencies.",
            )
        codes = _codes(table)
        if table.warnings.get(MALFORMED, 0) > MALFORMED_SHARE * codes:
            system = settings.extracts[name].diag_system
            yield Notice(
                "malformed_diagnoses",
                f"{name}: {table.warnings[MALFORMED]:,} of {codes:,} diagnoses are not valid codes of {system}: is diag_system right?",
            )
    yield from cover.notices(settings, tables)


def _versions(settings: Settings, table: TableReceipt) -> Iterator[Notice]:
    """Records that came again, and how the newest version was recognised."""
    if not table.superseded + table.deleted:
        return
    files = settings.extracts[table.table].files
    order = f"the order of the file names says which is newest ({files[-1].name} is)"
    reason = f"the column {table.newest_by} says which is newest" if table.newest_by else order
    yield Notice(
        "versions",
        f"{table.table}: {counted(table.superseded, 'row')} had a newer version of the same record, "
        f"and {counted(table.deleted, 'record')} {'was' if table.deleted == 1 else 'were'} deleted by the source; "
        f"{reason}.",
    )


def _emptied(table: TableReceipt) -> Iterator[Notice]:
    """Columns in which a notable share of the values was made empty."""
    columns: dict[str, dict[str, int]] = {}
    for rule, count in table.emptied.items():
        if rule not in impossible.names(table.table):
            columns.setdefault(rule.rpartition(".")[0], {})[rule] = count
    for column, counts in columns.items():
        filled = round(table.rows * (1 - table.null_share[column])) + sum(counts.values())
        if sum(counts.values()) >= min(EMPTIED_SHARE * table.rows, max(EMPTIED_MOSTLY * filled, FEWEST_EMPTIED)):
            yield Notice(
                "emptied_values",
                f"{table.table}: {sum(counts.values()):,} of {counted(table.rows, 'row')} had a value of {column} that is "
                f"not accepted; it was made empty, and the rows stay ({in_words(table.table, counts)}).",
            )


def _impossible(table: TableReceipt) -> Iterator[Notice]:
    """Dates that cannot be true, each kind with its count."""
    names = impossible.names(table.table)
    counts = {rule: count for rule, count in (table.emptied | table.rejects).items() if rule in names}
    parts = [f"{counted(count, 'row')}: {IMPOSSIBLE[rule.rpartition('.')[2]].format(rule.rpartition('.')[0])}"
            for rule, count in counts.items()]  # fmt: skip
    for rule, count in table.warnings.items():
        column, _, what = rule.rpartition(".")
        if what in KEPT:
            parts.append(f"{counted(count, 'row')}: {KEPT[what].format(column)}")
    if parts:
        yield Notice("impossible_dates", f"{table.table}: {'; '.join(parts)}.")
    if table.bulk and (late := sum(count for rule, count in table.warnings.items() if rule.endswith(".after_bulk"))):
        yield Notice(
            "stray_dates",
            f"{table.table}: the bulk of its rows ends on {table.bulk[1]}; {counted(late, 'row')} dated later, up to {table.last_day}, "
            f"{'does' if late == 1 else 'do'} not count for the as-of date.",
        )


def _identical(name: str, table: TableReceipt) -> str:
    share = table.identical_rows / table.rows_read
    return (
        f"{name}: rows that repeat another one in every column: {table.identical_rows:,} ({share:.1%}). They are kept "
        f"unless [extracts.{name}] has drop_identical = true."
    )


def _codes(table: TableReceipt) -> int:
    return round(sum(table.rows * (1 - table.null_share[name]) for name in DIAGNOSES if name in table.null_share))
