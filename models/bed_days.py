"""Expected unplanned bed days as a second number beside the risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.receipts import Snapshot, TrainingPlan
from models import sample
from models.metrics import Array
from models.score import write_parquet

BINS = 20
LONGEST = 0.999
"""Stays beyond this quantile count as that long, so that one stay does not set everybody's number."""


@dataclass(frozen=True)
class BedDays:
    """Mean bed days of people at each risk: a rising line through bins of equal size."""

    risk: tuple[float, ...]
    days: tuple[float, ...]

    def expected(self, risk: Array) -> Array:
        """Bed days to be expected at each risk; beyond the ends of what was seen, in proportion to the risk."""
        within = np.interp(risk, self.risk, self.days)
        beyond = self.days[-1] * risk / max(self.risk[-1], 1e-9)
        below = self.days[0] * risk / max(self.risk[0], 1e-9)
        found: Array = np.where(risk > self.risk[-1], beyond, np.where(risk < self.risk[0], below, within))
        return found


def fit(risk: Array, days: NDArray[Any]) -> BedDays:
    """Learn from risks that came from models which had not seen the rows, and the days in hospital that followed."""
    from sklearn.isotonic import IsotonicRegression

    capped = np.minimum(days, np.quantile(days, LONGEST)) if len(days) else days
    order = np.argsort(risk, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    middle = np.array([risk[part].mean() for part in bins])
    mean = np.array([capped[part].mean() for part in bins])
    rising = IsotonicRegression().fit(middle, mean, [len(part) for part in bins]).predict(middle)
    scale = days.mean() / max(capped.mean(), 1e-9)
    return BedDays(tuple(middle.tolist()), tuple((rising * scale).tolist()))


def learn(snapshots: Sequence[Snapshot], plan: TrainingPlan, risk_of: Any) -> BedDays:
    """From snapshots with outcomes; `risk_of(snapshot, person)` gives risks of people in ascending order."""
    risk, days = [], []
    for snapshot in snapshots:
        known = sample.outcomes(snapshot, plan.outcome, plan.horizon_days).filter(~pl.col("left"))
        risk.append(risk_of(snapshot, known["person"].to_numpy().astype(np.int32)))
        days.append(known["bed_days"].to_numpy())
    return fit(np.concatenate(risk), np.concatenate(days))


def write(found: BedDays, scores: Path, store: Path) -> Path:
    """`person`, `expected_bed_days` for everybody scored, beside the scores."""
    scored = pl.read_parquet(scores)
    days = found.expected(scored["risk"].to_numpy())
    return write_parquet(scored.select("person", expected_bed_days=pl.Series(days)), store / "bed-days" / scores.name)
