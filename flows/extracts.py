"""Runs the steps that read a site's extracts: tables, outcomes of earlier lists, the event log, codes and snapshots.

To give a result, it first does the steps that the result depends on, each once. Steps that are already done are not
repeated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from data_schemas.coding import Coding
from data_schemas.errors import DataRefused
from data_schemas.receipts import EventLog, IngestReceipt, Snapshot
from flows import site_files
from flows.deliveries import delivery, remember, remembered
from flows.deliveries import notices as of_deliveries
from flows.fingerprints import content, declared
from flows.forecast import NOBODY
from flows.memory import keep
from flows.parameters import RunParameters
from flows.progress import working
from flows.tasks import Measured, cache_key, run_step
from pipeline.ingest.sources import Progress, silent
from pipeline.settings import Settings

if TYPE_CHECKING:
    from models.learning.splits import Dates
    from pipeline.ledger.entries import Recorded
    from pipeline.ledger.feedback import Feedback
    from pipeline.ledger.history import History

Result = TypeVar("Result")


class Extracts:
    """A site's data as of one date. Each property is the receipt of a step."""

    def __init__(self, parameters: RunParameters) -> None:
        self.parameters = parameters
        self.out = parameters.folder
        self.store = self.out / "store"
        self.settings: Settings = parameters.settings()
        keep(self.settings.run.memory_bytes)
        self.steps: list[Measured] = []
        self._taken: dict[dt.date, Snapshot] = {}
        self._progress: Progress = silent

    @cached_property
    def ingested(self) -> IngestReceipt:
        from pipeline.carriers import discard_waiting
        from pipeline.ingest import ingest

        site_files.refuse_unreadable(self.settings)
        hashes = content(self.settings)

        def work() -> IngestReceipt:
            found = ingest(self.settings, self.store, self._progress)
            discard_waiting(self.out)
            return found

        receipt = self._step("ingest", work, self.settings.configuration, hashes)
        now = delivery(self.settings, receipt, hashes, self.settings.run.as_of)
        notices = list(of_deliveries(now, remembered(self.store)))
        remember(self.store, now)
        return replace(receipt, notices=[*receipt.notices, *notices])

    @cached_property
    def as_of(self) -> dt.date:
        from pipeline.ingest import newest_as_of

        return self.settings.run.as_of or newest_as_of(self.ingested, self.settings)

    @property
    def first_day(self) -> dt.date:
        from pipeline.ingest import first_day_of

        return first_day_of(self.ingested, self.as_of)

    @cached_property
    def feedback(self) -> tuple[Feedback, tuple[Recorded, ...]]:
        """The outcomes of earlier lists, read and added to the ledger."""
        from pipeline.ledger import entries
        from pipeline.ledger.feedback import read

        ingested = self.ingested
        outcomes = read(site_files.feedback(self.settings), self.as_of, strict=site_files.strict(self.settings))
        return outcomes, entries.record_feedback(self.store, outcomes, Path(ingested.people_path), ingested.pseudonyms)

    @cached_property
    def history(self) -> History:
        """The ledger that this run's lists use, including this run's feedback."""
        from pipeline.ledger.history import history

        _ = self.feedback
        return history(self.store, self.as_of)

    @cached_property
    def log(self) -> EventLog:
        from pipeline.events import build_log

        return self._step(
            "event log",
            lambda: build_log(self.settings, self.ingested, self.store),
            self.ingested.fingerprint,
            declared(self.settings),
        )

    @cached_property
    def coding(self) -> Coding:
        """What the code lists know about the tables."""
        from pipeline.coding import coding_of

        return self._step(
            "codes",
            lambda: coding_of(self.settings, self.ingested),
            self.ingested.fingerprint,
            declared(self.settings),
        )

    @cached_property
    def dates(self) -> Dates:
        from models.learning.splits import plan_dates

        run = self.settings.run
        return plan_dates(self.as_of, run.horizon_days, run.train_as_of, run.test_as_of, self.first_day)

    def snapshot(self, as_of: dt.date) -> Snapshot:
        """Cohort, features and (for a date whose window has passed) outcomes at an as-of date."""
        from pipeline.snapshots import take

        if as_of not in self._taken:
            self._taken[as_of] = self._step(
                f"snapshot {as_of}",
                lambda: take(self.settings, self.ingested, self.log, as_of, self.store, engine=self.parameters.engine),
                self.log.fingerprint, self.settings.configuration, as_of, self.parameters.engine, declared(self.settings),
                whole=self._has_outcome,
            )  # fmt: skip
        return self._taken[as_of]

    def _has_outcome(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot has its outcome, if its window has passed."""
        from pipeline.outcomes import outcome_path

        run = self.settings.run
        passed = snapshot.as_of + dt.timedelta(days=run.horizon_days) <= self.as_of
        return not passed or outcome_path(snapshot, run.outcome, run.horizon_days).exists()

    def snapshots(self, days: Sequence[dt.date]) -> list[Snapshot]:
        """The snapshots of several dates, each a separate step. First counts events for all dates without a snapshot
        together."""
        from pipeline.snapshots import take_all, untaken

        new = untaken(self.settings, self.log, days, self.store)
        if len(new) > 1:
            self._step(
                f"snapshots of {len(new)} dates",
                lambda: take_all(self.settings, self.ingested, self.log, new, self.store, self.parameters.engine),
            )
        return [self.snapshot(day) for day in days]

    @cached_property
    def current(self) -> Snapshot:
        """The snapshot to be scored."""
        snapshot = self.snapshot(self.as_of)
        if not snapshot.rows:
            raise DataRefused(NOBODY.format(self.as_of))
        return snapshot

    def _step(
        self, name: str, work: Callable[[], Result], *key: object, whole: Callable[[Result], bool] = lambda _: True
    ) -> Result:
        """Return a step's result. It is reused if its `key` is known, its files exist and it is `whole`."""
        record = Measured(name)
        self.steps.append(record)
        stored = cache_key(name, *key) if key else None
        with working(name, record) as self._progress:
            return run_step(name, work, key=stored, out=self.out, record=record, whole=whole)
