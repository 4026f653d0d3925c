"""Learning as a step of a run: what the models need to know of the site, and the documents that go with a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Snapshot, TrainedModel, TrainingPlan

if TYPE_CHECKING:
    from flows.run import Run


def learn(run: Run, learn_from: Sequence[Snapshot], judge_by: Sequence[Snapshot], current: Snapshot) -> TrainedModel:
    """Train, judge, register and document a model; gives the one that scores."""
    from models.train import train

    model = train(
        run.plan, learn_from, judge_by, run.store,
        accept={a.alarm: f"{a.by}: {a.reason}" for a in run.parameters.accept},
        truth=run.truth, current=current, tables=sorted(run.settings.extracts), capacities=capacities(run.store),
        trials=run.parameters.tune,
    )  # fmt: skip
    document(model, run.store)
    return model


def standing_champion(plan: TrainingPlan, store: Path) -> TrainedModel:
    """The registered champion as it is; `ConfigurationError` where there is none."""
    from models.registry import standing

    found = standing(plan, store)
    if found is None:
        raise ConfigurationError(
            f"no champion is registered for {plan.site!r}, {plan.outcome}, {plan.horizon_days} days: run without --no-train"
        )
    return found


def document(model: TrainedModel, store: Path) -> None:
    """The model card and the checklists beside the model, and with its MLflow run."""
    from models.card import model_card
    from models.checklists import checklists
    from models.registry import attach

    for name, text in (("model-card.md", model_card(model)), ("checklists.md", checklists(model))):
        path = Path(model.path) / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            attach(model.run_id, path, store)


def ablations(run: Run) -> list[dict[str, Any]]:
    """What each family of features is worth: the model without it, on the same test dates, as nested MLflow runs."""
    from models.ablate import ablate
    from models.registry import log_nested

    found = ablate(run.plan, run.training, run.testing, run.model.candidate, run.truth)
    rows = [dataclasses.asdict(row) for row in found]
    log_nested(run.model.run_id, "ablation", rows, run.store)
    return rows


def capacities(store: Path) -> dict[str, int]:
    """People a month that each cluster's link workers can take on, where the site says so."""
    clusters = store / "tables" / "clusters.parquet"
    rows = pl.read_parquet(clusters) if clusters.exists() else pl.DataFrame()
    if "capacity" not in rows.columns:
        return {}
    known = rows.filter(pl.col("capacity").is_not_null()).select("cluster_code", pl.col("capacity").cast(pl.Int64))
    return dict(known.iter_rows())
