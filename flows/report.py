"""Writes report.json: the input and output of every step, how good the model is, and what readers should know."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from data_schemas.coding import Coding
from data_schemas.disk import read_parquet
from data_schemas.receipts import EventLog, IngestReceipt, Notice, Scores, Snapshot, TrainedModel, plain
from flows.site_files import left_out
from flows.tasks import Measured
from flows.version import code_version
from pipeline.features.agreement import LONELINESS_CHECK

if TYPE_CHECKING:
    from models.judging.record import Evaluation
    from pipeline.ledger.entries import Recorded
    from pipeline.ledger.feedback import Feedback
    from pipeline.ledger.feedback_rows import SetAside
    from pipeline.publish import Scored
    from pipeline.settings import Settings

FEW = 10
"""Largest number of ignored rows that a notice names. The report has all of them."""


@dataclass(frozen=True)
class Finished:
    """What a run has done, for its report."""

    settings: Settings
    as_of: dt.date
    trained_at: Sequence[dt.date]
    tested_at: Sequence[dt.date]
    ingested: IngestReceipt
    coding: Coding
    log: EventLog
    snapshots: Sequence[Snapshot]
    """The snapshots that the run has used, with the scored one last."""
    model: TrainedModel
    """The model as it was tested."""
    evaluation: Evaluation
    scoring: TrainedModel
    """The model as it scores, recalibrated if requested."""
    recalibrated: Notice | None
    scores: Scores
    feedback: tuple[Feedback, Sequence[Recorded]]
    """The outcomes of earlier lists: as read, and as recorded in the ledger."""
    store: Path
    steps: Sequence[Measured]


def report(done: Finished, scored: Scored) -> dict[str, Any]:
    """Make the report of a run, complete except for publishing itself."""
    from pipeline.ledger import entries

    judged = plain(done.evaluation)
    return {
        **_asked(done),
        **_judged(done, judged),
        "notices": [*judged["notices"], *(dataclasses.asdict(n) for n in dict.fromkeys(_notices(done, scored)))],
        "counts": counts(done, scored),
        "feedback": entries.summary(done.feedback[1], done.feedback[0]),
        "ledger": entries.totals(done.store),
        "last_time": {code: str(came) for code, came in scored.history.last_time().items()},
        "expected_bed_days": expected_bed_days(done, scored),
        **_of_data(done),
        "steps": steps(done),
        "code_version": code_version(),
        "configuration": done.settings.configuration,
    }


def _asked(done: Finished) -> dict[str, Any]:
    """Which site, outcome and dates the run was for."""
    return {
        "site": done.settings.site.name,
        "as_of": done.as_of,
        "outcome": done.settings.run.outcome,
        "horizon_days": done.settings.run.horizon_days,
        "train_as_of": done.trained_at,
        "test_as_of": done.tested_at,
    }


def _judged(done: Finished, judged: dict[str, Any]) -> dict[str, Any]:
    """The part of the report on the model that scores, and how good it is."""
    own = {key: judged[key] for key in ("selection", "calibration")}
    figures = {
        key: judged[key] for key in ("metrics", "baselines", "differences", "capacity", "subgroups", "gaps", "access")
    }
    return {
        "model_version": done.scoring.model_version,
        "model": {**dataclasses.asdict(done.scoring), **own},
        **figures,
        "influence": judged.get("influence"),
        "alarms": judged["alarms"],
    }


def _of_data(done: Finished) -> dict[str, Any]:
    """The part of the report on data: how recent sources are, what arrived, and which values are implausible."""
    from pipeline.freshness import freshness

    sources = freshness(done.ingested, done.coding, done.as_of)
    outside = done.coding.outside.items()
    return {
        "sources": {name: dataclasses.asdict(source) for name, source in sources.items()},
        "implausible_values": {name: {"values": values, "outside": wrong} for name, (wrong, values) in outside},
        "tables": {name: dataclasses.asdict(table) for name, table in done.ingested.tables.items()},
    }


def _notices(done: Finished, scored: Scored) -> list[Notice]:
    """Notices about the run for readers, except those of the evaluation."""
    from pipeline.coding import notices as of_codes
    from pipeline.publish import notices

    return [
        *done.ingested.notices,
        *left_out(done.settings),
        *_of_feedback(*done.feedback),
        *of_codes(done.coding),
        *_of_files(done.steps),
        *_of_snapshots(done.snapshots),
        *notices(scored),
        *_of_model(done),
    ]


def _of_snapshots(snapshots: Sequence[Snapshot]) -> Iterator[Notice]:
    """Notices about the snapshots of every date. The loneliness check is only that of the newest date, because it
    hardly differs between dates."""
    newest = max(snapshot.as_of for snapshot in snapshots)
    for snapshot in snapshots:
        yield from (n for n in snapshot.notices if snapshot.as_of == newest or n.name != LONELINESS_CHECK)


def steps(done: Finished) -> list[dict[str, Any]]:
    """Time and memory of every step. Publishing is still running, so its figures are those so far."""
    if not done.steps[-1].reused:
        done.steps[-1].look()
    return [step.as_row() for step in done.steps]


def counts(done: Finished, scored: Scored) -> dict[str, Any]:
    """Count the rows and people in and out of every step."""
    tables = done.ingested.tables.values()
    return {
        "ingest": {
            "rows_in": sum(t.rows_read for t in tables),
            "rows_out": sum(t.rows for t in tables),
            "superseded": sum(t.superseded for t in tables),
            "deleted": sum(t.deleted for t in tables),
            "dropped": sum(t.dropped for t in tables),
            "quarantined": sum(sum(t.rejects.values()) for t in tables),
            "unregistered": sum(t.unregistered for t in tables),
            "values_emptied": sum(sum(t.emptied.values()) for t in tables),
            "people": done.ingested.people,
        },
        "event_log": {"rows_in": sum(t.rows for t in tables), "events_out": done.log.rows},
        "snapshots": {str(s.as_of): {"people_in": done.ingested.people, "people_out": s.rows} for s in done.snapshots},
        "score": {"people_in": done.snapshots[-1].rows, "people_out": scored.people.height},
        "clusters": {c.code: {"people": c.people, "places": c.places} for c in scored.clusters},
    }


def expected_bed_days(done: Finished, scored: Scored) -> dict[str, Any]:
    """Expected unplanned bed days in the window: for everybody, and for the people on each cluster's list."""
    people = scored.people.select("person", "cluster_code", "rank_in_cluster")
    days = people.join(read_parquet(done.scores.bed_days_path), on="person")
    placed = days.filter(pl.col("cluster_code").is_not_null())
    clusters = {}
    for cluster in scored.clusters:
        own = placed.filter(pl.col("cluster_code") == cluster.code)
        first = own.filter(pl.col("rank_in_cluster") <= cluster.places)
        clusters[cluster.code] = {"everybody": _days(own), "places": cluster.places, "in_places": _days(first)}
    return {"everybody": _days(days), "clusters": clusters}


def _days(people: pl.DataFrame) -> float:
    return round(float(people["expected_bed_days"].sum()), 1)


def _of_files(steps: Sequence[Measured]) -> list[Notice]:
    """Notices about files of the store that were damaged or edited, and were made again."""
    damaged = [name for step in steps for name in step.made_again]
    text = f"Files of the store were gone or not as they were left, and were made again: {', '.join(damaged)}."
    return [Notice("made_again", text)] if damaged else []


def _places(rows: Sequence[SetAside]) -> str:
    more = f"; and {len(rows) - FEW} more" if len(rows) > FEW else ""
    return "; ".join(str(one) for one in rows[:FEW]) + more


def _of_feedback(feedback: Feedback, recorded: Sequence[Recorded]) -> list[Notice]:
    """Notices about rows of feedback that do not count or may be misunderstood."""
    kinds = (
        ("feedback_set_aside", "Rows of feedback that do not count", feedback.set_aside),
        ("feedback_dates", "Dates of feedback that can be read in two ways", feedback.two_readings),
    )
    notices = [Notice(name, f"{what} ({len(rows):,}): {_places(rows)}.") for name, what, rows in kinds if rows]
    unknown = sum(one.unknown for one in recorded)
    if unknown:
        why = "because no registration has the pseudonym (opted out, gone or mistyped)"
        notices.append(Notice("feedback_unknown", f"Rows of feedback that do not count, {why}: {unknown:,}."))
    return notices


def _of_model(done: Finished) -> list[Notice]:
    notices = [done.recalibrated] if done.recalibrated else []
    if done.model.alias != "champion":
        text = "No model has passed the gate: people are scored by the challenger. The alarms say what holds it back."
        notices.append(Notice("no_champion", text))
    return notices
