"""Decides whether a new model may score: every alarm is accepted, and it is not worse than the current model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_schemas.receipts import Notice, TrainedModel
from models import storage
from models.judging import alarms, intervals
from models.judging.figures import Difference
from models.judging.test_dates import TestData
from models.learning import sample
from models.storage import Description

REPLICATES = 200
HELD_BY_ALARMS = "held back by alarms"


@dataclass(frozen=True)
class Verdict:
    """Promoted or held back, and why."""

    promoted: bool
    reason: str


def decide(
    folder: Path, incumbent: TrainedModel | None, test: TestData, raised: Sequence[Notice], accepted: Sequence[str] = ()
) -> Verdict:
    """Compare the model in `folder` with the champion on the same test dates, by paired bootstrap over people."""
    held_by = alarms.unaccepted(raised, accepted)
    if held_by:
        return Verdict(False, f"{HELD_BY_ALARMS}: {names(held_by)}")
    free = f"alarms accepted: {names(raised)}" if raised else "no alarms"
    if incumbent is None:
        return Verdict(True, f"{free}, and no champion before it")
    unfit = why_not_comparable(incumbent, test)
    if unfit:
        return Verdict(True, f"{free}; the champion cannot be compared: {unfit}")
    challenger, champion = (test.judged(test.risks(storage.load(path))) for path in (folder, incumbent.path))
    differences = intervals.difference(challenger, champion, replicates=REPLICATES, seed=test.plan.seed)
    for name, worse in (("auroc", differences["auroc"].high < 0), ("brier", differences["brier"].low > 0)):
        if worse:
            return Verdict(False, f"worse than the champion: {name} {_signed(differences[name])}")
    return Verdict(True, f"{free}; AUROC against the champion {_signed(differences['auroc'])}")


def _signed(d: Difference) -> str:
    return f"{d.difference:+.4f} [{d.low:+.4f}, {d.high:+.4f}]"


def names(raised: Sequence[Notice]) -> str:
    """Names of the alarms, without repeats."""
    return ", ".join(sorted({alarm.name for alarm in raised})) or "none"


def why_not_comparable(incumbent: TrainedModel, test: TestData) -> str:
    """Explain why the champion cannot be tested on these test dates. Empty if it can."""
    described = storage.describe(incumbent.path)
    declared = {feature.name for feature in sample.features_of(test.snapshots[0])}
    lost = [feature.name for feature in described.features if feature.name not in declared]
    if lost:
        return f"{len(lost)} of its features are no longer declared"
    if trained_after(described, min(snapshot.as_of for snapshot in test.snapshots), test.plan.horizon_days):
        return "it was trained on windows that overlap the test dates"
    return ""


def trained_after(described: Description, day: dt.date, horizon_days: int) -> bool:
    """Whether a model was trained on outcomes on or after a day. A test on these would make it look better than it
    is."""
    last = max(dt.date.fromisoformat(s.as_of) for s in described.train)
    return last + dt.timedelta(days=horizon_days) > day
