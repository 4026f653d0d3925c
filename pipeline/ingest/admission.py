"""Admits all tables, registrations first, and decides what stops a run."""

from __future__ import annotations

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from data_schemas.disk import scan_parquet
from data_schemas.pseudonyms import Kind
from data_schemas.receipts import IngestReceipt, Notice, TableReceipt
from data_schemas.tables import PERSON_TABLES
from pipeline.engine import AT_ONCE
from pipeline.ingest import areas, cover, summary, written
from pipeline.ingest.checked_table import CheckedTable
from pipeline.ingest.impossible import Limits, limits
from pipeline.ingest.opt_outs import NOBODY, kind_of, matched, opted_out
from pipeline.ingest.people import People
from pipeline.ingest.refusals import refusals
from pipeline.ingest.sources import Progress, Table, silent
from pipeline.ingest.staging import Staged
from pipeline.settings import Settings


@dataclass
class Admission:
    """Tables written under `work` that will move to `store`."""

    settings: Settings
    work: Path
    store: Path
    progress: Progress = silent
    receipts: dict[str, TableReceipt] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    opted_out: pl.Series = field(default_factory=lambda: NOBODY)
    pseudonyms: Kind = "exact"
    lives: pl.DataFrame | None = None
    """`born` and `died` of the registered, in the order of their numbers."""
    opt_outs_matched: float | None = None
    """The share of opted-out people who have rows, over enough tables to know whether the opt-outs work."""

    @cached_property
    def limits(self) -> Limits:
        """Limits that no record can exceed."""
        return limits(self.settings)

    def admit(self, tables: dict[str, Table], rows: dict[str, int]) -> None:
        """Write every table and its quarantine, two tables together. Others begin as soon as it is known who is
        registered. `rows` is the approximate number of rows of each."""
        rate = self.settings.run.max_reject_rate
        self.pseudonyms = self.settings.site.pseudonyms or kind_of(tables.get("registrations"))
        self.opted_out = opted_out(tables.get("opt_outs"), rate, self.limits, self.pseudonyms)
        people = People(None, self.opted_out, self.pseudonyms)
        self._look_for_opted_out(
            people, [tables[name] for name in PERSON_TABLES if name in tables and name != "opt_outs"]
        )
        for folder in ("tables", "quarantine"):
            (self.work / folder).mkdir(parents=True)
        begun: dict[str, Future[TableReceipt]] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            if table := tables.get("registrations"):
                staged = self._staged(table, people, rows[table.name])
                people = self._registered(staged, people)
                begun[table.name] = pool.submit(self._registrations, staged, people)
            first = begun.get("registrations")
            for name in [name for name in tables if name not in ("opt_outs", "registrations")]:
                begun[name] = pool.submit(self._admitted, tables[name], people, rows[name], first)
            try:
                for name, receipt in begun.items():
                    self._note(name, receipt.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)  # no further table begins
                raise
        self.refusals += cover.unreached(self.settings, self.receipts)
        self.notices += summary.notices(self.settings, self.receipts)
        self.notices += written.notices(self.work / "tables", self.receipts, self.limits.today)

    def _registrations(self, staged: Staged, people: People) -> TableReceipt:
        """Write the registrations, and note the lives of everybody in them."""
        receipt = self._write(staged, people)
        self.lives = _lives(self.work / "tables" / f"{receipt.table}.parquet")
        return receipt

    def _admitted(
        self, table: Table, people: People, rows: int, registrations: Future[TableReceipt] | None
    ) -> TableReceipt:
        """Write one of the other tables, once the `registrations` are written."""
        known = people if table.name in PERSON_TABLES and people.registered is not None else None
        staged = self._staged(table, people, rows)
        if registrations is not None:
            registrations.result()
        return self._write(staged, known)

    def _staged(self, table: Table, people: People, rows: int) -> Staged:
        self.progress(f"{table.name}: about {rows:,} rows")
        return Staged(CheckedTable(table, people, self.limits), rows, self.work / "staged" / table.name)

    def _note(self, name: str, receipt: TableReceipt) -> None:
        """Note that a table is written. Reasons to stop are checked in the order of the tables, whichever was done
        first.
        """
        self.receipts[name] = receipt
        self.refusals += refusals(receipt, self.settings, self.receipts.get("registrations"))

    def _registered(self, staged: Staged, people: People) -> People:
        """Everybody in a good registration, numbered in the order of their pseudonyms."""
        ids = staged.registered()
        spelt = None if ids["compared"].equals(ids["person_id"]) else ids["person_id"]
        registered = People(ids["compared"], people.opted_out, people.pseudonyms, spelt)
        if not registered.size:
            self.refusals.append(
                "registrations: no people are left in it, and a run needs people. See the other messages and the "
                "quarantine"
            )
        frame = pl.select(person=pl.int_range(registered.size, dtype=pl.Int32)).with_columns(ids["person_id"])
        frame.write_parquet(self.work / "people.parquet", compression_level=3)
        return registered

    def _look_for_opted_out(self, people: People, tables: list[Table]) -> None:
        """Refuse opt-outs that have no effect, because people who opted out would be on lists."""
        limit = self.settings.run.max_unmatched_opt_outs
        if not people.opted_out.len() or not tables:
            return
        self.opt_outs_matched, names = matched(people, tables, 1 - limit)
        finding = f"{1 - self.opt_outs_matched:.0%} of the people in opt_outs are not in {' or '.join(names)}"
        if self.opt_outs_matched < 1 - limit:
            self.refusals.append(
                f"opt_outs: {finding}, more than [run] max_unmatched_opt_outs {limit:.0%}, so they may still be on "
                "lists; check that the pseudonyms are made in the same way everywhere. Where the sources have left "
                "these people out already, set max_unmatched_opt_outs = 1"
            )
        elif self.opt_outs_matched < SOUND:
            self.notices.append(Notice("opt_outs_unmatched", f"{finding}: {UNMATCHED}"))

    def _write(self, staged: Staged, people: People | None) -> TableReceipt:
        name = staged.checked.name
        path = self.work / "tables" / f"{name}.parquet"
        with ThreadPoolExecutor(1) as beside:
            aside = self.work / "quarantine" / f"{name}.parquet"
            quarantine = beside.submit(staged.quarantine, staged.rejected(), aside)
            tally = staged.write(path, people, self.lives if people else None)
            quarantine.result()
        admitted = staged.admitted(tally.rows)
        shutil.rmtree(staged.folder)
        if lookup := self.settings.extracts[name].lookup_file:
            areas.bridge(path, lookup)
        return summary.receipt(staged.checked, admitted, tally, path, self.store / "tables" / path.name)

    @property
    def receipt(self) -> IngestReceipt:
        people = self.work / "people.parquet"
        return IngestReceipt(
            store=str(self.store),
            fingerprint=summary.fingerprint(people if people.exists() else None, self.receipts, self.settings),
            people=scan_parquet(people).select(pl.len()).collect().item() if people.exists() else 0,
            people_path=str(self.store / people.name),
            tables=self.receipts,
            notices=self.notices,
            pseudonyms=self.pseudonyms,
            opt_outs_matched=self.opt_outs_matched,
        )


SOUND = 0.9
"""If at least this share of opted-out people is found, nothing is reported."""
UNMATCHED = (
    "either the sources have left these people out already, or the pseudonyms are not made in the same way and these opt-outs have "
    "no effect."
)


def _lives(registrations: Path) -> pl.DataFrame:
    """`born` (first of the month) and `died` of everybody registered, in the order of their numbers."""
    rows = scan_parquet(registrations)
    died = pl.col("death_date").min() if "death_date" in rows.collect_schema() else pl.lit(None, dtype=pl.Date)
    return (
        rows.group_by("person")
        .agg(born=pl.col("birth_month").min(), died=died)
        .sort("person")
        .collect(engine="streaming")
    )
