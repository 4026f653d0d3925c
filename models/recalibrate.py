"""Recalibrates a model in the large before scoring. A person requests it, it uses the newest outcomes, and all
documents with scores state it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from data_schemas.receipts import Notice, Snapshot, TrainedModel, TrainingPlan
from models import registry, storage
from models.documents.words import number, recalibrated_in_words
from models.judging import gate, intervals
from models.judging.test_dates import load_test
from models.learning.calibrate import in_the_large
from models.storage import Moved

if TYPE_CHECKING:
    from pathlib import Path

DONE, NOT_DONE = "recalibrated", "not_recalibrated"


def recalibrated(
    model: TrainedModel, test: Sequence[Snapshot], plan: TrainingPlan, store: Path
) -> tuple[TrainedModel, Notice]:
    """Shift all risks equally in log-odds, so that totals match the newest outcomes. Returns the model and the note for
    the report.

    It uses the newest test date, whose window the model was not trained on. It shifts only if the 95% interval of
    observed/expected excludes 1. The ranking stays the same. The version changes, because the content does. Evaluation,
    alarms, registry and alias stay those of the model as tested: a shift must not silence the alarm that asks why it
    was needed.
    """
    newest = max(test, key=lambda s: s.as_of)
    described = storage.describe(model.path)
    if gate.trained_after(described, newest.as_of, plan.horizon_days):
        return model, Notice(NOT_DONE, f"Not recalibrated: the model was trained on outcomes after {newest.as_of}.")
    fitted, judged_on = storage.load(model.path), load_test([newest], plan)
    judged = judged_on.judged(judged_on.risks(fitted))
    total = intervals.headline(judged, replicates=200, seed=plan.seed).observed_expected
    if not total.leaves_out(1):
        return model, Notice(NOT_DONE, f"Not recalibrated: observed/expected after {newest.as_of} is {number(total)}.")
    shift = in_the_large(judged.p, judged.y, judged.weight)
    moved = deepcopy(fitted)
    moved.calibrator_ = fitted.calibrator_.moved(shift)
    done = Moved(model.model_version, shift, str(newest.as_of), number(total))
    folder, version = storage.save(moved, replace(described, recalibrated=done), store)
    registry.tag(model.run_id, {DONE: f"{shift:+.3f} log-odds by outcomes after {newest.as_of}: {version}"}, store)
    return replace(model, path=str(folder), model_version=version), Notice(DONE, recalibrated_in_words(done))
