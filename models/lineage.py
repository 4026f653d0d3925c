"""Works out the keys and fingerprints that identify a model and what it was made from. They contain no rows of data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data_schemas.receipts import Snapshot, SnapshotReference, TrainingPlan
from data_schemas.site_names import slug
from data_schemas.small_numbers import rounded
from models.storage import VERSION_LETTERS

PACKAGE = Path(__file__).parent


@cache
def learning_code() -> str:
    """The version of the training code: the release, and a hash of the source files of this package."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{version('neighbourly')}+{digest.hexdigest()[:12]}"


def training_key(plan: TrainingPlan, train: Sequence[Snapshot], test: Sequence[Snapshot]) -> str:
    """Hash of everything that affects which model results and how it is tested: data, plan and code."""
    parts: list[Any] = [
        plan.site,
        plan.outcome,
        plan.horizon_days,
        plan.leavers,
        plan.seed,
        plan.minimum_events,
        [plan.influenced, plan.influence] if plan.influence else [],
        learning_code(),
    ]
    parts += (
        [[str(s.as_of), s.feature_set, s.fingerprint] for s in train]
        + ["test"]
        + [[str(s.as_of), s.fingerprint] for s in test]
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[: 2 * VERSION_LETTERS]


def registered_name(plan: TrainingPlan) -> str:
    """Name of the registered model. There is one for each site, outcome and horizon."""
    return f"neighbourly-{slug(plan.site)}-{plan.outcome}-{plan.horizon_days}d"


def references(snapshots: Sequence[Snapshot]) -> list[SnapshotReference]:
    """List the as-of date, fingerprint and rounded number of rows of each snapshot."""
    return [SnapshotReference(str(s.as_of), s.fingerprint, s.feature_set, rounded(s.rows)) for s in snapshots]


def dates(snapshots: Sequence[SnapshotReference], between: str = ", ") -> str:
    """The as-of dates of snapshots in words."""
    return between.join(s.as_of for s in snapshots)
