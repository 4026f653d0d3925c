"""Takes snapshots: the cohort of an as-of date with every feature, and what happened to it afterwards."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet, scan_parquet, sha256, write, write_parquet
from data_schemas.feature_parts import scan_parts
from data_schemas.receipts import EventLog, Feature, IngestReceipt, Notice, Snapshot, dump, load
from data_schemas.working import WORKING
from pipeline import population
from pipeline.engine import AT_ONCE, Engine, EngineName, engine_of
from pipeline.events import BUCKET_PEOPLE
from pipeline.features.agreement import LIKELY, RECORDED, loneliness_check
from pipeline.features.catalogue import features_of
from pipeline.features.columns import facts
from pipeline.features.named import FeatureSet
from pipeline.features.people import describe
from pipeline.ingest import newest_as_of
from pipeline.outcomes import diag_system, required, write_outcomes
from pipeline.parts import Part, SnapshotJob, described
from pipeline.settings import Settings
from pipeline.sight import short_history
from pipeline.stays import diagnosis_concepts

TWO_DATES_BUCKETS = 64
"""Buckets of a site up to which two dates, which do not depend on each other, are prepared together. Each date has the
people of all buckets in memory.
"""
LAYOUT = 8
"""Layout version: increase it if you change the meaning of anything in a snapshot's files."""


@dataclass(frozen=True)
class Contents:
    """What `snapshot.json` says about a snapshot."""

    as_of: dt.date
    feature_set: str
    fingerprint: str
    rows: int
    files: list[str]
    features: list[Feature]
    statistics: dict[str, dict[str, float | None]]
    notices: list[Notice]


def take(
    settings: Settings, ingest: IngestReceipt, log: EventLog, as_of: dt.date, store: Path, engine: EngineName = "polars"
) -> Snapshot:
    """The snapshot of one date (see `take_all`)."""
    return take_all(settings, ingest, log, [as_of], store, engine)[0]


def take_all(
    settings: Settings,
    ingest: IngestReceipt,
    log: EventLog,
    dates: Sequence[dt.date],
    store: Path,
    engine: EngineName = "polars",
) -> list[Snapshot]:
    """Take the snapshots of several as-of dates in `store/snapshots/`. The event log is read once for all of them.

    A date whose window has passed also gets the outcome of `settings.run`. A snapshot made from the same tables,
    declarations and settings is reused. An interrupted one continues with the bucket that it had reached. Raises
    ConfigurationError if a feature or the outcome needs something that the site does not have.
    """
    features = features_of(settings)
    folders = _folders(settings, log, features, dates, store)
    due = {day: folder for day, folder in folders.items() if not is_whole(folder)}
    if due:
        _take(
            _job(settings, ingest, log, features, due), settings, ingest, engine_of(engine, settings.run.memory_bytes)
        )
    taken, run = {day: _read(folder) for day, folder in folders.items()}, settings.run
    until = (run.as_of or newest_as_of(ingest, settings)) - dt.timedelta(days=run.horizon_days)
    past = [snapshot for day, snapshot in taken.items() if day <= until]
    write_outcomes(settings, ingest, past, run.outcome, run.horizon_days)
    return [taken[day] for day in dates]


def untaken(settings: Settings, log: EventLog, dates: Sequence[dt.date], store: Path) -> list[dt.date]:
    """The dates without a snapshot yet, in order and without repeats."""
    folders = _folders(settings, log, features_of(settings), dates, store)
    return [day for day, folder in folders.items() if not is_whole(folder)]


def _folders(
    settings: Settings, log: EventLog, features: FeatureSet, dates: Sequence[dt.date], store: Path
) -> dict[dt.date, Path]:
    return {day: store / "snapshots" / f"{day}-{_key(settings, log, features, day)[:12]}" for day in dates}


def is_whole(folder: Path) -> bool:
    """Whether a snapshot exists with all its files."""
    summary = folder / "snapshot.json"
    return summary.exists() and all(
        (folder / name).exists() for name in json.loads(summary.read_text(encoding="utf-8"))["files"]
    )


def _key(settings: Settings, log: EventLog, features: FeatureSet, as_of: dt.date) -> str:
    run = settings.run
    parts = (LAYOUT, log.fingerprint, features.digest, as_of, run.history_days, run.minimum_age, diag_system(settings))
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def _read(folder: Path) -> Snapshot:
    known = load(Contents, (folder / "snapshot.json").read_bytes())
    return Snapshot(str(folder), known.as_of, known.rows, known.feature_set, known.fingerprint, known.notices)


def _table(ingest: IngestReceipt, name: str) -> pl.DataFrame | None:
    return read_parquet(ingest.tables[name].path) if name in ingest.tables else None


def _take(job: SnapshotJob, settings: Settings, ingest: IngestReceipt, engine: Engine) -> None:
    """Write the snapshots without their outcomes. Each `snapshot.json` is written last."""
    with ThreadPoolExecutor(AT_ONCE if job.buckets <= TWO_DATES_BUCKETS else 1) as pool:
        noticed = _prepare(job, settings, ingest, engine, pool)
        parts = [described(text) for text in engine.each(job.write_parts, job.buckets)]
        list(pool.map(partial(_finish, job), job.folders, repeat(parts), noticed))


def _prepare(
    job: SnapshotJob, settings: Settings, ingest: IngestReceipt, engine: Engine, pool: ThreadPoolExecutor
) -> list[list[Notice]]:
    """Write the cohorts and the facts about them. Whole tables are in memory only here."""
    areas, practices = _table(ingest, "areas"), required(ingest, "practices", "a snapshot")
    registrations = required(ingest, "registrations", "a snapshot")

    def gather(as_of: dt.date) -> list[Notice]:
        people = job.people(as_of, registrations)
        cohort, notices = population.cohort(people, practices, areas, settings.run.minimum_age)
        write_parquet(cohort, job.folders[as_of] / "cohort.parquet")
        job.write_facts(as_of, facts(describe(cohort, people, registrations, areas, as_of), job.features))
        return [*notices, *short_history(ingest, as_of, job.history_days)]

    engine.each(job.write_context, job.buckets)
    return list(pool.map(gather, job.folders))


def _finish(job: SnapshotJob, as_of: dt.date, parts: Sequence[dict[dt.date, Part]], notices: Sequence[Notice]) -> None:
    """Describe what is in a snapshot, and delete its working files."""
    folder = job.folders[as_of]
    compared = [name for name in (RECORDED, LIKELY) if name in job.features.names]
    agreement = loneliness_check(scan_parts(folder, compared))
    own = [part[as_of] for part in parts]
    _write_summary(job, as_of, own, [*notices, *([agreement] if agreement else [])])
    shutil.rmtree(folder / WORKING)


def _write_summary(job: SnapshotJob, as_of: dt.date, parts: Sequence[Part], notices: Sequence[Notice]) -> None:
    """Write what is in the snapshot."""
    folder = job.folders[as_of]
    paths = job.part_paths(as_of)
    contents = Contents(
        as_of=as_of,
        feature_set=job.features.digest,
        fingerprint=_fingerprint(folder / "cohort.parquet", parts),
        rows=sum(part.rows for part in parts),
        files=["cohort.parquet", *(str(path.relative_to(folder)) for path in paths)],
        features=[named.feature for named in job.features.features],
        statistics=_statistics(job.features.names, parts),
        notices=list(notices),
    )
    write(folder / "snapshot.json", dump(contents))


def _job(
    settings: Settings, ingest: IngestReceipt, log: EventLog, features: FeatureSet, folders: dict[dt.date, Path]
) -> SnapshotJob:
    admissions = ingest.tables["admissions"].path
    return SnapshotJob(
        folders=folders,
        log=Path(log.path),
        admissions=admissions,
        diagnoses=diagnosis_concepts(scan_parquet(admissions), features.concepts, diag_system(settings)),
        features=features,
        history_days=settings.run.history_days,
        bucket_people=BUCKET_PEOPLE,
        buckets=log.buckets,
    )


def _fingerprint(cohort: Path, parts: Sequence[Part]) -> str:
    """Hash of the bytes of the cohort and of the feature files."""
    digests = [sha256(cohort), *(part.digest for part in parts)]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _statistics(names: Sequence[str], parts: Sequence[Part]) -> dict[str, dict[str, float | None]]:
    rows = sum(part.rows for part in parts)
    return {name: _statistics_of(name, rows, [part for part in parts if part.known[name]]) for name in names}


def _statistics_of(name: str, rows: int, parts: Sequence[Part]) -> dict[str, float | None]:
    known = sum(part.known[name] for part in parts)
    return {
        "missing_share": (rows - known) / rows if rows else 1.0,
        "minimum": min((m for part in parts if (m := part.minimum[name]) is not None), default=None),
        "maximum": max((m for part in parts if (m := part.maximum[name]) is not None), default=None),
        "mean": sum(part.total[name] for part in parts) / known if known else None,
    }
