"""Logs a data scientist's own model as an MLflow run that `neighbourly compare` can compare with any other."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_schemas.disk import write
from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Snapshot, TrainingPlan
from data_schemas.sealed import sealed
from data_schemas.small_numbers import rounded
from models import lineage, registry, storage
from models.judging import intervals, record
from models.judging.record import OwnEvaluation, OwnMetrics
from models.judging.test_dates import load_test
from models.learning import known_outcomes, sample
from models.learning.own import OwnModel
from models.storage import Bins, Description, Reference


@dataclass(frozen=True)
class Training:
    """The training and test data of a model."""

    plan: TrainingPlan
    train: Sequence[Snapshot]
    test: Sequence[Snapshot]


def log_own(estimator: Any, names: Sequence[str], name: str, given: Training, store: Path) -> str:
    """Test a fitted classifier on the test dates and log it to MLflow. Returns the run id. The store is not changed.

    Raises:
        ConfigurationError: if it cannot be stored safely, because skops knows only scikit-learn's, LightGBM's and our
        own types.
    """
    model = OwnModel(estimator, tuple(names))
    packed = _packed(model)
    test = load_test(given.test, given.plan)
    judged = test.judged(test.risks(model))
    figures = intervals.headline(judged, seed=given.plan.seed)
    key = lineage.training_key(given.plan, given.train, given.test)
    described = description(model, name, given)
    evaluation = OwnEvaluation(
        model_version=described.model_version, metrics=OwnMetrics(figures), test=lineage.references(given.test)
    )
    with tempfile.TemporaryDirectory(prefix="neighbourly-own-") as temporary:
        folder = Path(temporary)
        write(folder / "model.skops", packed)
        write(folder / "model.json", sealed(described))
        record.write(folder / registry.evaluation_name(key), evaluation)
        return registry.log_own(given.plan, described, evaluation, key, folder, store)


def _packed(model: OwnModel) -> bytes:
    import skops.io

    packed: bytes = skops.io.dumps(model)
    unknown = sorted(set(skops.io.get_untrusted_types(data=packed)) - set(storage.TRUSTED))
    if unknown:
        raise ConfigurationError(
            f"the model holds {', '.join(unknown)}, which could run code when it is opened; use estimators of scikit-learn or LightGBM"
        )
    return packed


def description(model: OwnModel, name: str, given: Training) -> Description:
    """Make the content of `model.json`, as for any other model."""
    declared = {feature.name: feature for feature in sample.features_of(given.test[0])}
    known = [known_outcomes.known_outcomes(snapshot, given.plan) for snapshot in given.train]
    rows = sum(len(part.y) for part in known)
    return Description(
        model_version=storage.content_hash(model),
        candidate=name,
        calibration="none",
        plan=given.plan,
        features=[declared[feature] for feature in model.feature_names],
        feature_set=given.test[0].feature_set,
        train=lineage.references(given.train),
        rows=rounded(rows),
        people=rounded(len({int(person) for part in known for person in part.person})),
        events=rounded(sum(int(part.y.sum()) for part in known)),
        stands_for=rounded(rows),
        reference=Reference({}, Bins([], [])),
        code="a model of somebody's own",
    )
