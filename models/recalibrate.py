"""Recalibration in the large before scoring: asked for by a person, by the newest outcomes, and stated wherever the scores are."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from data_schemas.receipts import Notice, Snapshot, TrainedModel, TrainingPlan
from models import registry, storage
from models.judging import bootstrap, intervals
from models.judging.test_dates import load_test
from models.learning.calibrate import in_the_large

if TYPE_CHECKING:
    from pathlib import Path

DONE, NOT_DONE = "recalibrated", "not_recalibrated"


def recalibrated(
    model: TrainedModel, test: Sequence[Snapshot], plan: TrainingPlan, store: Path
) -> tuple[TrainedModel, Notice]:
    """The model with all risks shifted alike in log-odds, so that totals match the newest outcomes; and what the report says of it.

    The newest test date counts, whose window the model was not trained on, and only where the 95% interval of observed/expected
    leaves out 1. The ranking stays; the version is a new one, because the content is. Evaluation, alarms, registry and alias are those
    of the model as it was judged: moving the risks must not silence the alarm that asks why they had to be moved.
    """
    newest = max(test, key=lambda s: s.as_of)
    described = storage.describe(model.path)
    last = max(dt.date.fromisoformat(s["as_of"]) for s in described["train"])
    if last + dt.timedelta(days=plan.horizon_days) > newest.as_of:
        return model, Notice(NOT_DONE, f"Not recalibrated: the model was trained on outcomes after {newest.as_of}.")
    fitted, judged_on = storage.load(model.path), load_test([newest], plan)
    judged = judged_on.judged(judged_on.risks(fitted))
    figures = intervals.headline(judged, replicates=bootstrap.LARGE_REPLICATES, seed=plan.seed)
    if not clear_of_one(figures):
        return model, Notice(
            NOT_DONE, f"Not recalibrated: observed/expected after {newest.as_of} is {_ratio(figures)}."
        )
    shift = in_the_large(judged.p, judged.y, judged.weight)
    moved = deepcopy(fitted)
    moved.calibrator_ = fitted.calibrator_.moved(shift)
    told = {
        "from": model.model_version, "by": shift, "outcomes_after": str(newest.as_of), "observed_expected": _ratio(figures),
    }  # fmt: skip
    folder, version = storage.save(moved, described | {"recalibrated": told}, store)
    registry.tag(model.run_id, {DONE: f"{shift:+.3f} log-odds by outcomes after {newest.as_of}: {version}"}, store)
    return replace(model, path=str(folder), model_version=version), Notice(DONE, in_words(told))


def clear_of_one(figures: dict[str, Any]) -> bool:
    """Whether the interval of observed/expected leaves out 1."""
    low, high = figures["observed_expected_low"], figures["observed_expected_high"]
    return low is not None and high is not None and not low <= 1 <= high


def _ratio(figures: dict[str, Any]) -> str:
    if figures["observed_expected_low"] is None:
        return "not known"
    return "{observed_expected:.2f} [{observed_expected_low:.2f}, {observed_expected_high:.2f}]".format(**figures)


def in_words(told: dict[str, Any]) -> str:
    """What was done, for the report and the model card."""
    return (
        f"On request, the odds of every risk were multiplied by {math.exp(told['by']):.2f} ({told['by']:+.3f} log-odds):"
        f" the outcome happened {told['observed_expected']} times as often as predicted after {told['outcomes_after']}. The ranking is"
        f" that of version {told['from']}, and the figures and alarms are of that version, before the change."
    )
