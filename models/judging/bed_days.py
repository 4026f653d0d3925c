"""Works out expected unplanned bed days: a second number, next to the risk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.disk import read_parquet, write_parquet
from models import metrics
from models.judging import intervals
from models.judging.drawn import BedDayCurve
from models.judging.record import BedDayFigures
from models.judging.test_dates import TestData
from models.learning.splits import each_fold, person_folds
from models.metrics import Array

BINS = 20
REPLICATES = 100
TOPS = (0.01, 0.05, 0.10)
LONGEST = 0.999
"""Longer stays count as this quantile, so that one stay does not decide everybody's number."""


@dataclass(frozen=True)
class BedDays:
    """A rising curve from risk to mean bed days, through bins of equal size."""

    risk: tuple[float, ...]
    days: tuple[float, ...]

    def expected(self, risk: Array) -> Array:
        """Expected bed days at each risk. Outside the range of the data, they are in proportion to the risk."""
        within = np.interp(risk, self.risk, self.days)
        beyond = self.days[-1] * risk / max(self.risk[-1], 1e-9)
        below = self.days[0] * risk / max(self.risk[0], 1e-9)
        found: Array = np.where(risk > self.risk[-1], beyond, np.where(risk < self.risk[0], below, within))
        return found


def fit(risk: Array, days: NDArray[Any]) -> BedDays:
    """Fit the curve to risks, from models not trained on the rows, and to the days in hospital that followed."""
    from sklearn.isotonic import IsotonicRegression

    capped = np.minimum(days, np.quantile(days, LONGEST)) if len(days) else days
    order = np.argsort(risk, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    middle = np.array([risk[part].mean() for part in bins])
    mean = np.array([capped[part].mean() for part in bins])
    rising = IsotonicRegression().fit(middle, mean, [len(part) for part in bins]).predict(middle)
    scale = days.mean() / max(capped.mean(), 1e-9)
    return BedDays(tuple(middle.tolist()), tuple((rising * scale).tolist()))


def judged(test: TestData, p: Array) -> tuple[BedDayCurve, BedDayFigures]:
    """Fit the curve on the test dates, and return it with `figures`: of curves fitted to half of the people and tested
    on the other half.

    The model was not trained on the test dates, and each figure is for people on whom the curve was not fitted.

    Figures: `days` observed and expected per person, `observed_expected` with its interval, and for each share of
    people at highest risk, their share of all days and their days per person, observed and expected.
    """
    days = test.outcome("bed_days").astype(np.float64)
    half = person_folds(test.person, test.y, 2, test.plan.seed)
    expected = np.empty(len(p))
    for learn, judge in each_fold(half):
        expected[judge] = fit(p[learn], days[learn]).expected(p[judge])
    found = fit(p, days)
    return BedDayCurve(list(found.risk), list(found.days)), _figures(test, p, days, expected)


def _figures(test: TestData, p: Array, days: Array, expected: Array) -> BedDayFigures:
    def measure(w: Array) -> dict[str, Array]:
        with np.errstate(divide="ignore", invalid="ignore"):
            return {"observed_expected": (w @ days) / (w @ expected)}

    rows = intervals.Judged(test.y, p, test.person)
    order = np.argsort(-p, kind="stable")
    tops = {f"{share:.2f}": order[: int(metrics.top_size(share, len(p)))] for share in TOPS}
    return BedDayFigures(
        n=len(days),
        days=float(days.mean()),
        expected_days=float(expected.mean()),
        share_of_days_at={
            key: float(days[top].sum() / days.sum()) if days.any() else None for key, top in tops.items()
        },
        days_at={key: float(days[top].mean()) for key, top in tops.items()},
        expected_days_at={key: float(expected[top].mean()) for key, top in tops.items()},
        **intervals.figures(rows, measure, replicates=REPLICATES, seed=test.plan.seed),
    )


def write(curve: BedDayCurve, scores: Path, store: Path) -> Path:
    """Write `person`, `expected_bed_days` for everybody scored, in the order of the scores. `curve` is that of the
    evaluation.
    """
    scored = read_parquet(scores)
    fitted = BedDays(tuple(curve.risk), tuple(curve.days))
    days = fitted.expected(scored["risk"].to_numpy())
    return write_parquet(scored.select("person", expected_bed_days=pl.Series(days)), store / "bed-days" / scores.name)
