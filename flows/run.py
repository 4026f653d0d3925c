"""One run as a graph of steps: asking for a result does what it depends on, each step once, and what is done already not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from data_schemas.receipts import EventLog, IngestReceipt, Notice, Snapshot, TrainedModel, TrainingPlan
from flows.parameters import RunParameters
from flows.progress import working
from flows.tasks import Measured, cache_key, run_step
from pipeline.settings import Settings

Result = TypeVar("Result")


class Run:
    """The steps of one site and one as-of date; every property is the receipt of a step."""

    def __init__(self, parameters: RunParameters) -> None:
        self.parameters = parameters
        self.out = parameters.folder
        self.store = self.out / "store"
        self.settings: Settings = parameters.settings()
        self.steps: list[Measured] = []

    @cached_property
    def ingested(self) -> IngestReceipt:
        from pipeline.ingest import ingest

        return self._step(
            "ingest", lambda: ingest(self.settings, self.store), self.settings.configuration, _content(self.settings)
        )

    @cached_property
    def as_of(self) -> dt.date:
        from pipeline.ingest import newest_as_of

        return self.settings.run.as_of or newest_as_of(self.ingested, self.settings)

    @cached_property
    def log(self) -> EventLog:
        from pipeline.events import build_log

        return self._step(
            "event log", lambda: build_log(self.settings, self.ingested, self.store), self.ingested.fingerprint
        )

    @cached_property
    def dates(self) -> Any:
        from models.splits import plan_dates

        run = self.settings.run
        return plan_dates(self.as_of, run.horizon_days, run.train_as_of, run.test_as_of, self._first_day)

    @property
    def _first_day(self) -> dt.date:
        admissions = self.ingested.tables["admissions"]
        return admissions.covers[0] if admissions.covers else admissions.first_day or self.as_of

    def snapshot(self, as_of: dt.date) -> Snapshot:
        """Cohort, features and (for a date whose window has passed) outcomes at an as-of date."""
        from pipeline.snapshots import take

        return self._step(
            f"snapshot {as_of}",
            lambda: take(self.settings, self.ingested, self.log, as_of, self.store, engine=self.parameters.engine),
            self.log.fingerprint, self.settings.configuration, as_of, self.parameters.engine,
        )  # fmt: skip

    @cached_property
    def current(self) -> Snapshot:
        """The snapshot to be scored."""
        return self.snapshot(self.as_of)

    @cached_property
    def training(self) -> list[Snapshot]:
        return [self.snapshot(day) for day in self.dates.train]

    @cached_property
    def testing(self) -> list[Snapshot]:
        return [self.snapshot(day) for day in self.dates.test]

    @cached_property
    def plan(self) -> TrainingPlan:
        run = self.settings.run
        return TrainingPlan(
            site=self.settings.site.name,
            outcome=run.outcome,
            horizon_days=run.horizon_days,
            leavers=run.leavers,
            seed=run.seed,
            minimum_events=run.minimum_events,
            as_of=self.as_of,
            configuration=self.settings.configuration,
        )

    @cached_property
    def truth(self) -> Path | None:
        """The true risks that `synth` leaves beside its extracts."""
        folders = (self.settings.site.data_dir, self.settings.site.data_dir.parent, self.settings.folder)
        return next((folder / "truth.parquet" for folder in folders if (folder / "truth.parquet").exists()), None)

    def _step(self, name: str, work: Callable[[], Result], *key: object) -> Result:
        record = Measured(name)
        self.steps.append(record)
        with working(name, record):
            return run_step(
                name,
                work,
                key=cache_key(name, *key) if key else None,
                storage=self.store / "receipts",
                record=record,
                intact=_intact,
            )


def _content(settings: Settings) -> dict[str, str]:
    """SHA-256 of every extract file and code list, by its place in the configuration."""
    files = [file for extract in settings.extracts.values() for file in extract.files]
    return {str(path): _sha256(path) for path in sorted({*files, *settings.codelist_files})}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _intact(receipt: object) -> bool:
    """Whether what a cached receipt points to is still there."""
    match receipt:
        case IngestReceipt():
            return all(Path(p).exists() for p in (receipt.people_path, *(t.path for t in receipt.tables.values())))
        case EventLog():
            return (
                Path(receipt.concepts_path).exists()
                and len(list(Path(receipt.path).glob("*.parquet"))) == receipt.buckets
            )
        case Snapshot():
            return (receipt.folder / "snapshot.json").exists()
        case TrainedModel():
            return Path(receipt.path).exists() and Path(receipt.evaluation_path).exists()
    return True


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Only one run at a time works in an output folder; a second one waits. Nothing is written into the folder for it."""
    name = f"neighbourly-{hashlib.sha256(str(out).encode()).hexdigest()[:16]}.lock"
    with _locked(Path(tempfile.gettempdir()) / name):
        yield


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    import fcntl
    import os

    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def notices_of(*receipts: IngestReceipt | Snapshot) -> list[Notice]:
    """The notices of several steps, each once, in order."""
    return list(dict.fromkeys(notice for receipt in receipts for notice in receipt.notices))
