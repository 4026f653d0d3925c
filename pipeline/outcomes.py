"""Writes outcomes: what happened after the as-of date of a snapshot, in files next to it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet, scan_parquet, write_parquet
from data_schemas.errors import ConfigurationError
from data_schemas.hospital import DIAGNOSES, FURTHER_DIAGNOSES
from data_schemas.outcomes import Outcome
from data_schemas.receipts import IngestReceipt, Snapshot
from pipeline import population
from pipeline.engine import AT_ONCE
from pipeline.events import BUCKET_PEOPLE
from pipeline.features.catalogue import features_of
from pipeline.settings import Settings
from pipeline.stays import acsc_codes, diagnosis_concepts

PEOPLE_AT_ONCE = 4 * BUCKET_PEOPLE
"""Number of people whose stays one thread works out together, to limit memory."""


def outcome_path(snapshot: Snapshot, outcome: str, horizon_days: int) -> Path:
    """The path of an outcome's file in a snapshot."""
    return snapshot.folder / "outcomes" / f"{outcome}-{horizon_days}.parquet"


def outcomes(
    settings: Settings, ingest: IngestReceipt, snapshot: Snapshot, outcome: Outcome, horizon_days: int
) -> Path:
    """The file of the named outcome over `horizon_days` for a snapshot's cohort. It is written if it is not there
    yet."""
    write_outcomes(settings, ingest, [snapshot], outcome, horizon_days)
    return outcome_path(snapshot, outcome, horizon_days)


def write_outcomes(
    settings: Settings, ingest: IngestReceipt, snapshots: Sequence[Snapshot], outcome: Outcome, horizon_days: int
) -> None:
    """Write the missing files. Outcomes are worked out once for all of them."""
    due = [snapshot for snapshot in snapshots if not outcome_path(snapshot, outcome, horizon_days).exists()]
    if not due:
        return
    known = outcome_events(settings, ingest, outcome)

    def write_one(snapshot: Snapshot) -> None:
        cohort = read_parquet(snapshot.folder / "cohort.parquet", columns=["person"])
        found = population.outcomes(cohort, known.registrations, known.dates, known.stays, snapshot.as_of, horizon_days)
        write_parquet(found, outcome_path(snapshot, outcome, horizon_days))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(write_one, due))


@dataclass(frozen=True)
class OutcomeEvents:
    """The data behind an outcome, for all time: registrations, `person, date` of its events, and unplanned stays."""

    registrations: pl.DataFrame
    dates: pl.DataFrame
    stays: pl.DataFrame


def outcome_events(settings: Settings, ingest: IngestReceipt, outcome: Outcome) -> OutcomeEvents:
    """The events of an outcome. Raises ConfigurationError if a table that it needs is missing."""
    registrations = required(ingest, "registrations", "an outcome")
    admissions = _path(ingest, "admissions", "an outcome")
    attendances = required(ingest, "attendances", outcome) if outcome == "ae_attendance" else None
    council = required(ingest, "council_records", outcome) if outcome == "admission_or_care_package" else None
    stays = _unplanned(scan_parquet(admissions), ingest.people)
    avoidable = _acsc(settings, scan_parquet(admissions)) if outcome == "acsc_admission" else pl.Series(dtype=pl.String)
    dates = population.outcome_dates(outcome, stays, registrations, attendances, avoidable, council)
    return OutcomeEvents(registrations, dates, stays)


def _unplanned(admissions: pl.LazyFrame, people: int) -> pl.DataFrame:
    """Everybody's unplanned stays, worked out for some people at a time so that memory stays small."""
    rows = admissions.drop(["person_id", *DIAGNOSES[1:], FURTHER_DIAGNOSES], strict=False)
    starts = range(0, max(people, 1), PEOPLE_AT_ONCE)
    some = [pl.col("person").is_between(first, first + PEOPLE_AT_ONCE, closed="left") for first in starts]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return pl.concat(pool.map(lambda own: population.unplanned(rows.filter(own).collect()), some))


def _acsc(settings: Settings, admissions: pl.LazyFrame) -> pl.Series:
    concepts = features_of(settings).concepts
    return acsc_codes(diagnosis_concepts(admissions, concepts, diag_system(settings)), concepts)


def required(ingest: IngestReceipt, name: str, why: str) -> pl.DataFrame:
    """Read a table that is required. Raises ConfigurationError, with what needs it, if the table is missing."""
    return read_parquet(_path(ingest, name, why))


def _path(ingest: IngestReceipt, name: str, why: str) -> str:
    if name not in ingest.tables:
        raise ConfigurationError(f"extracts.{name}: {why} needs this table; add its section to site.toml")
    return ingest.tables[name].path


def diag_system(settings: Settings) -> str:
    """The code system of the diagnoses in a site's admissions."""
    admissions = settings.extracts.get("admissions")
    return admissions.diag_system if admissions else "icd10"
