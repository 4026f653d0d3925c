"""What each family of features is worth: the same model without it, on the same test dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from data_schemas.receipts import Feature, Snapshot, TrainingPlan
from models import bootstrap, evaluate, sample
from models.candidates import Candidate, candidates
from models.evaluate import Judged
from models.fit import fit
from models.judge import load_test

SOCIAL = ("social", "loneliness", "strength")
"""Families that a hospital's or a practice's clinical record does not hold."""
SHOWN = ("auroc", "average_precision", "brier", "ppv_at:0.05")


@dataclass(frozen=True)
class Ablation:
    """One model with some features left out."""

    name: str
    left_out: tuple[str, ...]
    features: int
    figures: dict[str, Any]
    """Headline figures on the test dates."""
    differences: dict[str, dict[str, float]]
    """Paired differences of the whole model from this one."""


def ablate(plan: TrainingPlan, train: Sequence[Snapshot], test: Sequence[Snapshot], candidate: str) -> list[Ablation]:
    """The named candidate with everything, then without each family, and without all that is social.

    Learnt from the training dates and judged on the test dates; nothing is chosen by the result.
    """
    contender = [c for c in candidates() if c.name == candidate] or candidates()[-1:]
    learning, judged_on = sample.load(train, sample.varying(train), plan), load_test(test, plan)
    whole = _judged(learning, judged_on, contender, plan)
    found = [Ablation("everything", (), len(learning.features), _figures(whole, plan), {})]
    for name, families in subsets(learning.features):
        kept = learning.only([f.name for f in learning.features if f.family not in families])
        if kept.features:
            part = _judged(kept, judged_on, contender, plan)
            against = evaluate.difference(whole, part, replicates=bootstrap.replicates_for(len(whole)), seed=plan.seed)
            shown = {metric: against[metric] for metric in SHOWN}
            found.append(Ablation(name, families, len(kept.features), _figures(part, plan), shown))
    return found


def subsets(features: Sequence[Feature]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every family alone, and all the social ones together."""
    present = sorted({feature.family for feature in features})
    for family in present:
        yield f"without {family}", (family,)
    social = tuple(family for family in SOCIAL if family in present)
    if len(social) > 1:
        yield "without anything social", social


def _judged(learning: sample.Sample, test: Any, contender: Sequence[Candidate], plan: TrainingPlan) -> Judged:
    judged: Judged = test.judged(test.risks(fit(learning, plan.seed, contender).model))
    return judged


def _figures(judged: Judged, plan: TrainingPlan) -> dict[str, Any]:
    return evaluate.headline(judged, replicates=100, seed=plan.seed)
