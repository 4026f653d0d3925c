"""Checks whether there were enough people to train on, by the criteria of Riley and others (2020, BMJ 368:m441)."""

from __future__ import annotations

import math
from dataclasses import dataclass

SHRINKAGE = 0.9
"""Predictor effects should shrink by a tenth at most."""
OPTIMISM = 0.05
"""The apparent share of explained variation (Nagelkerke) should be too high by at most this."""
MARGIN = 0.05
"""The 95% interval of the overall risk should reach at most this far on either side."""
Z_95 = 1.959964


@dataclass(frozen=True)
class SampleSize:
    """Rows needed by each criterion, the shrinkage to expect with the rows that there were, and events for each
    parameter."""

    for_shrinkage: int
    for_optimism: int
    for_overall_risk: int
    expected_shrinkage: float
    events_per_parameter: float

    @property
    def needed(self) -> int:
        """The largest number that any criterion needs."""
        return max(self.for_shrinkage, self.for_optimism, self.for_overall_risk)


def sample_size(rows: int, events: int, parameters: int, log_loss: float) -> SampleSize:
    """Work out the sample size for this many parameters and this mean `log_loss` on rows not trained on.

    Every candidate feature counts as a parameter. That is an upper bound: a regularised model or trees of few leaves
    use fewer.
    """
    prevalence = events / rows
    null = -(prevalence * math.log(prevalence) + (1 - prevalence) * math.log(1 - prevalence))
    explained = min(max(1 - math.exp(-2 * (null - log_loss)), 1e-9), 1 - 1e-9)
    at_most = 1 - math.exp(-2 * null)
    by_optimism = explained / (explained + OPTIMISM * at_most)
    return SampleSize(
        _for_shrinkage(parameters, explained, SHRINKAGE),
        _for_shrinkage(parameters, explained, by_optimism),
        math.ceil((Z_95 / MARGIN) ** 2 * prevalence * (1 - prevalence)),
        max(0.0, 1 + parameters / (rows * math.log(1 - explained))),
        events / parameters,
    )


def _for_shrinkage(parameters: int, explained: float, shrinkage: float) -> int:
    """Rows at which effects are expected to shrink to `shrinkage`; `explained` is the Cox-Snell share of explained
    variation."""
    return math.ceil(parameters / ((shrinkage - 1) * math.log(1 - explained / shrinkage)))
