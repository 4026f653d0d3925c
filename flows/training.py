"""Trains a model as a step of a run: collects what training needs from the site, and writes the model's documents."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from data_schemas import disk
from data_schemas.disk import read_parquet, scan_parquet
from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Snapshot, TableReceipt, TrainedModel, TrainingPlan, plain

if TYPE_CHECKING:
    from flows.parameters import Acceptance
    from models.ablate import Ablation
    from models.judging.over_time import OverTime
    from pipeline.settings import Settings


def plan_of(settings: Settings, as_of: dt.date) -> TrainingPlan:
    """Make the training plan of a site at an as-of date."""
    run = settings.run
    return TrainingPlan(
        site=settings.site.name,
        outcome=run.outcome,
        horizon_days=run.horizon_days,
        leavers=run.leavers,
        seed=run.seed,
        minimum_events=run.minimum_events,
        as_of=as_of,
        configuration=settings.configuration,
        influenced=settings.learning.influenced,
    )


def touched(store: Path, people: Path, days: Sequence[dt.date], horizon_days: int) -> str:
    """Write a file, for training, of people whom lists had reached at some dates. Returns a hash of it all.

    `people` is the file of everyone registered. The hash is empty if no list has reached anybody.
    """
    from pipeline.ledger import influence

    known = read_parquet(people, columns=["person", "person_id"])
    paths = [influence.write(store, known, day, horizon_days) for day in days]
    if not any(scan_parquet(path).select(pl.len()).collect().item() for path in paths):
        return ""
    return hashlib.sha256("".join(disk.sha256(path) for path in paths).encode()).hexdigest()


def learn(
    plan: TrainingPlan,
    learn_from: Sequence[Snapshot],
    judge_by: Sequence[Snapshot],
    current: Snapshot,
    store: Path,
    *,
    accept: Sequence[Acceptance],
    truth: Path | None,
    tables: Mapping[str, TableReceipt],
    trials: int,
    meanwhile: Callable[[], object] | None = None,
) -> TrainedModel:
    """Train, test, register and document a model. Returns the one that scores. `meanwhile` is as in `models.train`."""
    from models.train import train

    model = train(
        plan, learn_from, judge_by, store,
        accept={a.alarm: f"{a.by}: {a.reason}" for a in accept},
        truth=truth, current=current, tables=tables, capacities=capacities(store), trials=trials,
        meanwhile=meanwhile,
    )  # fmt: skip
    document(model, store)
    return model


def standing_champion(
    plan: TrainingPlan, current: Snapshot, tables: Mapping[str, TableReceipt], store: Path
) -> TrainedModel:
    """The registered champion, after a check of the snapshot to be scored. Raises `ConfigurationError` if there is no
    champion."""
    from models.compare import known_snapshots
    from models.recheck import Seen, look_again
    from models.registry import standing

    champion = standing(plan, store)
    if champion is None:
        raise ConfigurationError(
            f"no champion is registered for {plan.site!r}, {plan.outcome}, {plan.horizon_days} days: run without --no-train"
        )
    model = look_again(champion, Seen(known_snapshots(champion, store), current, tables), store)
    document(model, store)
    return model


def over_time(model: TrainedModel, snapshots: Sequence[Snapshot], plan: TrainingPlan, store: Path) -> OverTime:
    """Work out rolling origin and staleness over all the dates given, for the evaluation, the model card and MLflow."""
    from models.judging import record
    from models.judging.over_time import FEW_DATES
    from models.judging.over_time import over_time as looked
    from models.recheck import amend

    results, evaluation = looked(snapshots, plan, model.candidate), record.read(model.evaluation_path)
    before = [notice for notice in evaluation.notices if notice.name != FEW_DATES]
    now = dataclasses.replace(
        evaluation, rolling=results.rolling, staleness=results.staleness, notices=before + results.notices
    )
    amend(model, now, ("rolling", "staleness"), store)
    document(model, store)
    return results


def document(model: TrainedModel, store: Path) -> None:
    """Write the model card and the checklists to the model's folder and its MLflow run."""
    from models.documents.card import model_card
    from models.documents.checklists import checklists
    from models.registry import attach

    for name, text in (("model-card.md", model_card(model)), ("checklists.md", checklists(model))):
        path = Path(model.path) / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            disk.write(path, text)
            attach(model.run_id, path, store)


def ablations(
    model: TrainedModel,
    learn_from: Sequence[Snapshot],
    judge_by: Sequence[Snapshot],
    plan: TrainingPlan,
    truth: Path | None,
    store: Path,
) -> list[Ablation]:
    """Measure what each family of features is worth: test the model without it on the same dates. Logs nested MLflow
    runs."""
    from models.ablate import ablate
    from models.judging.shown import shown
    from models.registry import Nested, log_nested

    ablated = ablate(plan, learn_from, judge_by, model.candidate, truth)
    rows = [
        Nested(
            row.name,
            {"left_out": " ".join(row.left_out) or "nothing", "features": row.features},
            {
                "test": plain(shown(row.figures)),
                "lost_without": {name: plain(d) for name, d in row.differences.items()},
            },
        )
        for row in ablated
    ]
    log_nested(model.run_id, "ablation", rows, store)
    return ablated


def capacities(store: Path) -> dict[str, int]:
    """Number of people per month that each cluster's link workers can take on, if the site gives it."""
    clusters = store / "tables" / "clusters.parquet"
    rows = read_parquet(clusters) if clusters.exists() else pl.DataFrame()
    if "capacity" not in rows.columns:
        return {}
    known = rows.filter(pl.col("capacity").is_not_null()).select("cluster_code", pl.col("capacity").cast(pl.Int64))
    return dict(known.iter_rows())
