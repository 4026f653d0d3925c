"""Chooses the features to train on. In a large site, these are the ones that trees fitted to some of its people use (a
first look).

Trees rarely split on most of a large site's features, but every feature takes time and memory: bins, sums, terms of the
logistic regression, and columns to read for scoring. The model is also trained on the people of the first look. But
candidates are never compared on them, and calibration is not fitted to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data_schemas.memory import give_back
from data_schemas.receipts import Feature, Snapshot, TrainingPlan
from models.learning import sample
from models.learning.candidates import boosting, candidates, is_large, lightgbm_loads
from models.learning.estimators import fitted
from models.learning.known_outcomes import learning_outcomes
from models.learning.newcomers import FADING
from models.learning.published import PUBLISHED
from models.learning.sample import Sample

SHARE = 0.2
"""Share of the people in the first look."""
ROWS = 40_000
"""Largest number of rows in the first look."""
STREAM = 1
"""Names this stream of random numbers. The stream without a name chooses the people on whom candidates are compared."""
TREES = 60
CELLS = 26_000_000
"""Largest number of rows times features to train on after a first look: about as many rows as without one. More would
be more exact but take longer."""


def load(snapshots: Sequence[Snapshot], plan: TrainingPlan) -> Sample:
    """Load the rows to train on, with every feature that varies or, in a large site, those that a first look found
    useful."""
    features = sample.varying(snapshots)
    people = np.concatenate([learning_outcomes(snapshot, plan).person for snapshot in snapshots])
    if not is_large(len(people)) or not lightgbm_loads():
        return sample.load(snapshots, features, plan)
    some = looked_at(people, plan.seed)
    kept = useful(sample.load(snapshots, features, plan, ROWS * len(features), some), plan.seed)
    give_back()
    return replace(sample.load(snapshots, kept, plan, CELLS), looked_at=some, declared=len(features))


def looked_at(people: NDArray[np.int32], seed: int) -> NDArray[np.int32]:
    """Draw a fifth of the people, whatever their outcomes, in ascending order."""
    everyone = np.unique(people)
    return everyone[np.random.default_rng([seed, STREAM]).random(len(everyone)) < SHARE]


def useful(learning: Sample, seed: int) -> list[Feature]:
    """The features that some trees split on, and those that a candidate, a rival or a term always uses."""
    trees = boosting(learning.features, seed, n_estimators=TREES)
    splits = fitted(trees, learning.X, learning.y, learning.weight).feature_importances_
    wanted = needed()
    return [f for f, used in zip(learning.features, splits, strict=True) if used or f.name in wanted]


def needed() -> set[str]:
    """Features that candidates, rivals or terms use by name."""
    of_scores = (name for score in PUBLISHED for name in (*score.points, *score.needs))
    return {*FADING, *of_scores, *(name for candidate in candidates() for name in candidate.uses)}
