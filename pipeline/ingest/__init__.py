"""Ingest turns extracts into typed tables in these steps.

1. Headers: every file has what its table needs (`sources`).
2. One look through every file, to its end: it can be read, and nobody can be identified from it
   (`identifiable`). Nothing is written before that.
3. Opt-outs (`opt_outs`): their people are removed from every table before anything else, and counted nowhere. At
   the end they also leave the snapshots of earlier runs, the ledger and the record of what clusters hold.
4. Each table, registrations first: parsed leniently (`parsing`), checked row by row (`checked_table`, `impossible`),
   staged, stripped of older versions (`versions`) and written in the order of people (`staging`). Rows with a bad value
   in a
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
from pipeline.ingest.sources import Progress, open_tables, silent
from pipeline.settings import Settings

__all__ = ["check", "checked", "first_day_of", "ingest", "newest_as_of"]


def ingest(settings: Settings, store: Path, progress: Progress = silent) -> IngestReceipt:
    """Write validated tables to `store/tables/`, rejected rows to `store/quarantine/`, people to
    `store/people.parquet`.

    Raises `DataRefused` with all problems. Nothing is written if files cannot be read or identify people. If too many
    rows break a rule, only the quarantine is written and the tables of an earlier run stay.
    """
    tables, problems = open_tables(settings)
    inspection = inspect(tables, progress)
    _refuse([*inspection.identifiable, *problems, *inspection.unreadable, *uncovered(settings)])
    with _workplace(store) as work:
        admission = Admission(settings, work, store, progress)
        admission.admit(inspection.tables, inspection.rows)
        _replace(work / "quarantine", store / "quarantine")
        _refuse(admission.refusals)
        receipt = admission.receipt
        _replace(work / "tables", store / "tables")
        (work / "people.parquet").replace(store / "people.parquet")
        notices = forget(admission.opted_out, store, admission.pseudonyms)
    return replace(receipt, notices=[*receipt.notices, *notices])


def check(settings: Settings) -> quality.Report:
    """The data-quality report of whatever is configured. It also reports what would stop a run. Nothing is left on
    disk.
    """
    with checked(settings) as (receipt, refusals):
        return quality.report(settings, receipt, refusals)


@contextmanager
def checked(settings: Settings, progress: Progress = silent) -> Iterator[tuple[IngestReceipt, list[str]]]:
    """The tables as `ingest` would leave them, while the block lasts, and what would stop a run.

    Raises `DataRefused` if the extracts identify people or the opt-outs cannot be read.
    """
    tables, problems = open_tables(settings)
    inspection = inspect(tables, progress)
    problems += inspection.unreadable
    _refuse([*inspection.identifiable, *(problem for problem in problems if problem.startswith("opt_outs:"))])
    with tempfile.TemporaryDirectory(prefix="neighbourly-") as folder:
        admission = Admission(settings, Path(folder), Path(folder), progress)
        admission.admit(inspection.tables, inspection.rows)
        yield admission.receipt, [*problems, *uncovered(settings), *admission.refusals]


def first_day_of(receipt: IngestReceipt, as_of: dt.date) -> dt.date:
    """The first day of the admissions, as configured or as seen. Training dates look back to it."""
    admissions = receipt.tables["admissions"]
    return admissions.covers[0] if admissions.covers else admissions.first_day or as_of


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise DataRefused(problems)


@contextmanager
def _workplace(store: Path) -> Iterator[Path]:
    """A folder in the store for unfinished files. What a killed run left there is deleted first."""
    work = store / ".ingest"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work)


def _replace(new: Path, old: Path) -> None:
    """Replace one folder with another. Between the two renames neither exists, so no run can read a mixture."""
    gone = new.with_name(f"{new.name}-before")
    if old.exists():
        old.rename(gone)
    new.rename(old)
