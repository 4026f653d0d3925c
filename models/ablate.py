"""Measures what each family of features is worth: fits the same model without it and tests both on the same dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from pydantic.dataclasses import dataclass as figures_record
from scipy.stats import rankdata

from data_schemas.receipts import Feature, Snapshot, TrainingPlan
from models.judging import intervals
from models.judging.figures import UNKNOWN, Difference, Interval, Metrics
from models.judging.intervals import Judged, Measure
from models.judging.test_dates import TestData, load_test, true_risks
from models.learning import first_look, sample
from models.learning.candidates import Candidate, contenders
from models.learning.fit import fit
from models.metrics import Array

SOCIAL = ("social", "loneliness", "strength")
"""Families of features that are neither in hospitals' nor in practices' clinical records."""
COUNCIL = "council"
"""Prefix of council concepts. Their features count as social ones."""
SHOWN = ("auroc", "average_precision", "brier", "ppv_at:0.05")


@figures_record(frozen=True, kw_only=True)
class AblationMetrics(Metrics):
    """Headline figures. Where the true risks are known, also the distance from them and the correlation of the
    ranks."""

    truth_distance: Interval = UNKNOWN
    truth_rank: Interval = UNKNOWN


@dataclass(frozen=True)
class Ablation:
    """One model with some features left out."""

    name: str
    left_out: tuple[str, ...]
    features: int
    figures: AblationMetrics
    """Headline figures on the test dates."""
    differences: dict[str, Difference]
    """Paired differences: the whole model less this one."""


def ablate(
    plan: TrainingPlan,
    train: Sequence[Snapshot],
    test: Sequence[Snapshot],
    candidate: str,
    truth: Path | None = None,
) -> list[Ablation]:
    """Fit the named candidate with everything, then without each family, and without all social families.

    The model is trained on the training dates and tested on the test dates. The result is not used to choose anything.
    With a file of the true risks, `truth_distance` (mean absolute distance of the risks from them) and `truth_rank`
    (rank correlation) are added.
    """
    learning, judged_on = first_look.load(train, plan), load_test(test, plan)
    contender = contenders(candidate, len(learning))
    true = None if truth is None else true_risks(judged_on, truth)
    whole = _judged(learning, judged_on, contender, plan)
    rows = [Ablation("everything", (), len(learning.features), _figures(whole, true, plan), {})]
    for name, families in subsets(learning.features):
        kept = learning.only([f.name for f in learning.features if not _is_of(f, families)])
        if kept.features:
            part = _judged(kept, judged_on, contender, plan)
            lost = _lost(whole, part, true, plan)
            rows.append(Ablation(name, families, len(kept.features), _figures(part, true, plan), lost))
    return rows


def subsets(features: Sequence[Feature]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """List what to leave out: each family by itself, all social families together, and everything from council
    records."""
    present = sorted({feature.family for feature in features})
    for family in present:
        yield f"without {family}", (family,)
    social = tuple(family for family in SOCIAL if family in present)
    if len(social) > 1:
        yield "without anything social", social
    if any(_is_of(feature, (COUNCIL,)) for feature in features):
        yield "without council records", (COUNCIL,)


def _is_of(feature: Feature, left_out: Sequence[str]) -> bool:
    """Whether a feature is in one of the families, or uses council records where those are left out."""
    return feature.family in left_out or (COUNCIL in left_out and feature.concept.startswith(f"{COUNCIL}."))


def _judged(learning: sample.Sample, test: TestData, contender: Sequence[Candidate], plan: TrainingPlan) -> Judged:
    return test.judged(test.risks(fit(learning, plan.seed, contender).model))


def _figures(judged: Judged, true: Array | None, plan: TrainingPlan) -> AblationMetrics:
    figures = vars(intervals.headline(judged, replicates=100, seed=plan.seed))
    if true is None or not (known := np.isfinite(true)).any():
        return AblationMetrics(**figures)
    own = judged.where(known)
    truth_figures = intervals.figures(own, beside_truth(own.p, true[known]), replicates=100, seed=plan.seed)
    return AblationMetrics(**figures, **truth_figures)


def _lost(whole: Judged, part: Judged, true: Array | None, plan: TrainingPlan) -> dict[str, Difference]:
    """Work out how much better the whole model is than the part, for every metric that is shown."""
    difference = partial(intervals.difference, seed=plan.seed)
    against = difference(whole, part)
    differences = {metric: against[metric] for metric in SHOWN}
    if true is not None and (known := np.isfinite(true)).any():
        risk = true[known]
        differences |= difference(
            whole.where(known), part.where(known), measured=lambda judged: beside_truth(judged.p, risk)
        )
    return differences


def beside_truth(p: Array, true: Array) -> Measure:
    """Measure how far risks are from the true ones: the mean absolute distance and the rank correlation over all
    rows."""
    distance = np.abs(p - true)
    ours, theirs = (rank - rank.mean() for rank in (rankdata(p), rankdata(true)))
    terms = np.column_stack([np.ones(len(p)), distance, ours, theirs, ours * ours, theirs * theirs, ours * theirs])

    def measure(w: Array) -> dict[str, Array]:
        n, far, a, b, aa, bb, ab = (w @ terms).T
        with np.errstate(invalid="ignore", divide="ignore"):  # no correlation exists if all risks are equal
            spread = np.sqrt((aa - a * a / n) * (bb - b * b / n))
            return {"truth_distance": far / n, "truth_rank": (ab - a * b / n) / spread}

    return measure
