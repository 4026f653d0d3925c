"""Checks a known model again: what the snapshot to be scored shows, and whether the reasons that held it back still
apply."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data_schemas.receipts import Snapshot, TrainedModel, TrainingPlan, dump
from models import registry, storage
from models.judging import alarms, drift, evaluation, record
from models.judging.record import Evaluation
from models.judging.test_dates import load_test


@dataclass(frozen=True)
class Seen:
    """The snapshots and tables for a new check."""

    earlier: Sequence[Snapshot]
    """The model's training and test snapshots that are available."""
    current: Snapshot | None
    """The snapshot to be scored."""
    tables: Collection[str] = ()
    """Tables that the site has configured."""


def stand(
    known: Mapping[str, TrainedModel],
    seen: Seen,
    plan: TrainingPlan,
    test: Sequence[Snapshot],
    accept: Mapping[str, str],
    store: Path,
) -> TrainedModel:
    """Choose which of the known models scores, after a new check of each and, if its alarms are gone or accepted, the
    gate.
    """
    looked = {alias: look_again(model, seen, store) for alias, model in known.items()}
    champion, challenger = looked.get(registry.CHAMPION), looked.get(registry.CHALLENGER)
    if challenger is not None and not alarms.unaccepted(
        record.read(challenger.evaluation_path).against_the_model, list(accept)
    ):
        promoted = registry.reconsider(challenger, champion, load_test(test, plan), accept, store)
        if promoted is not None:
            return promoted
    standing_model = champion or challenger
    assert standing_model is not None
    return standing_model


def look_again(known: TrainedModel, seen: Seen, store: Path) -> TrainedModel:
    """Add to a known model what the snapshot to be scored shows: changed features, and tables that have stopped
    arriving.

    It writes new findings to the evaluation, the MLflow run and the registered version. The report shows them and holds
    back the release. The alias is unchanged: it says that the model is good, not that this month's tables are complete.
    """
    if seen.current is None:
        return known
    before = record.read(known.evaluation_path)
    look = evaluation.look(seen.earlier, seen.current, seen.tables)
    standing = before.against_the_model
    reference = storage.describe(known.path).reference.features
    now = replace(
        before,
        look=look,
        drift=drift.since_training(reference, seen.current, before.drift.risk),
        alarms=standing + [alarm for alarm in look.alarms if alarm not in standing],
    )
    if dump(now) != dump(before):
        amend(known, now, ("drift",), store)
    return known


def amend(model: TrainedModel, now: Evaluation, pictures: Sequence[str], store: Path) -> None:
    """Replace a model's evaluation, in its folder and in MLflow, with the plots that show what is new."""
    record.write(Path(model.evaluation_path), now)
    registry.log_amended(model, pictures, store)
