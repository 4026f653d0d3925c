"""Learning as a step of a run: what the models need to know of the site, and the documents that go with a model."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Notice, Snapshot, TrainedModel, TrainingPlan
from flows import site_files

if TYPE_CHECKING:
    from flows.run import Run
    from pipeline.settings import Settings


def plan_of(settings: Settings, as_of: dt.date) -> TrainingPlan:
    """What is to be learnt for a site at an as-of date."""
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
    )


def learn(run: Run, learn_from: Sequence[Snapshot], judge_by: Sequence[Snapshot], current: Snapshot) -> TrainedModel:
    """Train, judge, register and document a model; gives the one that scores."""
    from models.train import train

    model = train(
        run.plan, learn_from, judge_by, run.store,
        accept={a.alarm: f"{a.by}: {a.reason}" for a in run.parameters.accept},
        truth=site_files.truth(run.settings), current=current, tables=run.ingested.tables, capacities=capacities(run.store),
        trials=run.parameters.tune,
    )  # fmt: skip
    document(model, run.store)
    return model


def standing_champion(run: Run, current: Snapshot) -> TrainedModel:
    """The registered champion, which looks at the snapshot to be scored; `ConfigurationError` where there is none."""
    from models.compare import known_snapshots
    from models.recheck import Seen, look_again
    from models.registry import standing

    plan = run.plan
    found = standing(plan, run.store)
    if found is None:
        raise ConfigurationError(
            f"no champion is registered for {plan.site!r}, {plan.outcome}, {plan.horizon_days} days: run without --no-train"
        )
    seen = Seen(known_snapshots(found, run.store), current, run.ingested.tables)
    model = look_again(found, seen, run.store)
    document(model, run.store)
    return model


def recalibrated(run: Run, model: TrainedModel, judge_by: Sequence[Snapshot]) -> tuple[TrainedModel, Notice]:
    """A model recalibrated in total by the newest outcomes, and what the report says of it."""
    from models.recalibrate import recalibrated as moved

    return moved(model, judge_by, run.plan, run.store)


def over_time(run: Run) -> dict[str, Any]:
    """Rolling origin and staleness over all dates the data allow, into the evaluation, the model card and MLflow."""
    from models.ablate import contenders
    from models.judging.over_time import FEW_DATES
    from models.judging.over_time import over_time as looked
    from models.learning.splits import rolling_dates
    from models.recheck import amend, evaluation_of

    snapshots = run.snapshots(rolling_dates(run.dates, run.first_day))
    found = looked(snapshots, run.plan, contenders(run.model.candidate))
    before = [notice for notice in evaluation_of(run.model)["notices"] if notice["name"] != FEW_DATES]
    amend(run.model, found | {"notices": before + found["notices"]}, ("rolling", "staleness"), run.store)
    document(run.model, run.store)
    return found


def document(model: TrainedModel, store: Path) -> None:
    """The model card and the checklists beside the model, and with its MLflow run."""
    from models.documents.card import model_card
    from models.documents.checklists import checklists
    from models.registry import attach

    for name, text in (("model-card.md", model_card(model)), ("checklists.md", checklists(model))):
        path = Path(model.path) / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            attach(model.run_id, path, store)


def ablations(run: Run) -> list[dict[str, Any]]:
    """What each family of features is worth: the model without it, on the same test dates, as nested MLflow runs."""
    from models.ablate import ablate
    from models.registry import Nested, log_nested

    found = ablate(run.plan, run.training, run.testing, run.model.candidate, site_files.truth(run.settings))
    rows = [
        Nested(
            row.name,
            {"left_out": " ".join(row.left_out) or "nothing", "features": row.features},
            {"test": row.figures, "lost_without": row.differences},
        )
        for row in found
    ]
    log_nested(run.model.run_id, "ablation", rows, run.store)
    return [dataclasses.asdict(row) for row in found]


def capacities(store: Path) -> dict[str, int]:
    """People a month that each cluster's link workers can take on, where the site says so."""
    clusters = store / "tables" / "clusters.parquet"
    rows = pl.read_parquet(clusters) if clusters.exists() else pl.DataFrame()
    if "capacity" not in rows.columns:
        return {}
    known = rows.filter(pl.col("capacity").is_not_null()).select("cluster_code", pl.col("capacity").cast(pl.Int64))
    return dict(known.iter_rows())
