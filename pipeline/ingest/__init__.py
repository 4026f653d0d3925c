"""Ingest: extracts through the rules at the door into typed tables, in this order.

1. Headers: every file has what its table needs (`sources`).
2. One look through every file, to its end: it can be read, and nobody can be identified from it (`identifiable`); only
   then is anything written.
3. Opt-outs (`opt_outs`): their people are removed from every table before anything else, and counted nowhere; at the
   end they leave the snapshots of earlier runs, the ledger and what clusters are known to have as well.
4. Each table, registrations first: parsed leniently (`parsing`), judged row by row (`door`, `impossible`), staged,
   freed of older versions (`versions`) and written in the order of people (`staging`). Rows with a bad value in a
   required column go to quarantine with the first rule they break; bad values in optional columns become empty. Both
   are counted (`tally`).
5. Receipts and notices (`summary`).
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from data_schemas.errors import DataRefused
from data_schemas.receipts import IngestReceipt
from pipeline import quality
from pipeline.ingest.admission import Admission
from pipeline.ingest.cover import newest_as_of, uncovered
from pipeline.ingest.identifiable import inspect
from pipeline.ingest.opt_outs import forget
from pipeline.ingest.sources import Tell, open_tables, silent
from pipeline.settings import Settings

__all__ = ["check", "checked", "first_day_of", "ingest", "newest_as_of"]


def ingest(settings: Settings, store: Path, tell: Tell = silent) -> IngestReceipt:
    """The validated tables in `store/tables/`, rejected rows in `store/quarantine/`, people in `store/people.parquet`.

    Raises `DataRefused` with all problems. Nothing is written where files cannot be read or identify people; only the
    quarantine is where too many rows break a rule: tables of an earlier run then stay as they are.
    """
    tables, problems = open_tables(settings)
    inspection = inspect(tables, tell)
    _refuse([*inspection.identifiable, *problems, *inspection.unreadable, *uncovered(settings)])
    with _workplace(store) as work:
        admission = Admission(settings, work, store, tell)
        admission.admit(inspection.tables, inspection.rows)
        _replace(work / "quarantine", store / "quarantine")
        _refuse(admission.refusals)
        receipt = admission.receipt
        _replace(work / "tables", store / "tables")
        (work / "people.parquet").replace(store / "people.parquet")
        notices = forget(admission.opted_out, store, admission.pseudonyms)
    return replace(receipt, notices=[*receipt.notices, *notices])


def check(settings: Settings) -> quality.Report:
    """The data-quality report of whatever is configured; what would stop a run is reported in it. Nothing is left
    behind."""
    with checked(settings) as (receipt, refusals):
        return quality.report(settings, receipt, refusals)


@contextmanager
def checked(settings: Settings, tell: Tell = silent) -> Iterator[tuple[IngestReceipt, list[str]]]:
    """The tables as `ingest` would leave them, for as long as the block lasts, and what would stop a run.

    Raises `DataRefused` where the extracts identify people or the opt-outs cannot be read.
    """
    tables, problems = open_tables(settings)
    inspection = inspect(tables, tell)
    problems += inspection.unreadable
    _refuse([*inspection.identifiable, *(problem for problem in problems if problem.startswith("opt_outs:"))])
    with tempfile.TemporaryDirectory(prefix="neighbourly-") as folder:
        admission = Admission(settings, Path(folder), Path(folder), tell)
        admission.admit(inspection.tables, inspection.rows)
        yield admission.receipt, [*problems, *uncovered(settings), *admission.refusals]


def first_day_of(receipt: IngestReceipt, as_of: dt.date) -> dt.date:
    """The first day of the admissions, which training dates look back to: as configured, or as seen."""
    admissions = receipt.tables["admissions"]
    return admissions.covers[0] if admissions.covers else admissions.first_day or as_of


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise DataRefused(problems)


@contextmanager
def _workplace(store: Path) -> Iterator[Path]:
    """A folder in the store for what is not finished; what a killed run left there goes first."""
    work = store / ".ingest"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work)


def _replace(new: Path, old: Path) -> None:
    """Put a folder in the place of another; between the two renames neither stands there, so that no run takes a
    mixture."""
    gone = new.with_name(f"{new.name}-before")
    if old.exists():
        old.rename(gone)
    new.rename(old)
