"""Finds controls for people who were not randomised. Controls are equal in the exact columns and near in risk. A
control can be used more than once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.impact.effects import Array

CALIPER = 0.2
"""Default caliper, in standard deviations of the logit of the risk (Austin, Pharmaceutical Statistics 2011)."""
CONTROLS = 5


@dataclass(frozen=True)
class Sets:
    """Pairs of a case and a control, as row numbers. A case without a control near enough is in no pair."""

    case: NDArray[np.int64]
    control: NDArray[np.int64]

    def weights(self) -> Array:
        """Weight of each pair's control. All controls of a case together count as one person."""
        _, of, count = np.unique(self.case, return_inverse=True, return_counts=True)
        return np.asarray(1.0 / count[of], dtype=np.float64)


def match(
    cases: pl.DataFrame, pool: pl.DataFrame, exact: list[str], *, controls: int = CONTROLS, caliper: float | None = None
) -> Sets:
    """Match each case with the nearest controls by `logit`, with replacement, equal in every column of `exact`.

    Both frames have `person`, `start_date`, `free_until` (the day on which the programme began for a person, or null),
    `logit` and `exact`. People are never their own control, nor a control after the programme began for them. `caliper`
    is in units of the logit. The default is 0.2 standard deviations over everybody.
    """
    logits = pl.concat([cases["logit"], pool["logit"]])
    width = CALIPER * float(logits.std() or 0.0) if caliper is None else caliper  # type: ignore[arg-type]
    left = cases.with_row_index("case").partition_by(exact, as_dict=True)
    right = pool.with_row_index("control").partition_by(exact, as_dict=True)
    found = [_within(rows, right[key], controls, width) for key, rows in sorted(left.items(), key=str) if key in right]
    pairs = np.concatenate(found) if found else np.empty((0, 2), np.int64)
    ordered = pairs[np.lexsort([pairs[:, 1], pairs[:, 0]])]
    return Sets(ordered[:, 0], ordered[:, 1])


def _within(cases: pl.DataFrame, pool: pl.DataFrame, controls: int, caliper: float) -> NDArray[np.int64]:
    """Match within one stratum."""
    ordered = pool.sort("logit", "person")
    logit, number, person = (ordered[name].to_numpy() for name in ("logit", "control", "person"))
    free = ordered["free_until"].cast(pl.Int64).fill_null(np.iinfo(np.int64).max).to_numpy()
    pairs = []
    for row, own, start, value in cases.select(
        "case", "person", pl.col("start_date").cast(pl.Int64), "logit"
    ).iter_rows():
        first, last = np.searchsorted(logit, [value - caliper, value + caliper], side="left")
        near = np.arange(first, last)
        near = near[(person[near] != own) & (free[near] > start)]
        nearest = near[np.argsort(np.abs(logit[near] - value), kind="stable")[:controls]]
        pairs += [(row, number[at]) for at in nearest]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
