"""Works out the ten-year risk of cardiovascular disease from the GP record, with the office-based Framingham score.

Source: D'Agostino RB and others, "General cardiovascular risk profile for use in primary care", Circulation 2008; 117:
743-753, the model with body mass index instead of lipids. It was fitted on Americans aged 30 to 74 without
cardiovascular disease. Compare it with the borough's own outcomes before you trust the level; the ranking of people
depends less on that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from pipeline.community.rates import Rate, byar
from pipeline.community.recorded import YEAR, ever, latest, measured_within, newer, within

AGES = (30, 74)
VALUES_COUNT_FOR = 5 * YEAR + 1
"""A blood pressure, weight or QRISK older than this is not used."""
FAIR = (0.8, 1.25)
"""If observed divided by expected is outside this range, the score needs recalibration."""
DISEASE = ("condition.chd", "condition.stroke", "condition.tia", "condition.pad", "condition.heart_failure")
TREATED = ("rx.antihypertensive", "rx.beta_blocker", "rx.diuretic", "rx.nitrate_or_calcium_blocker")
QRISK = "prevention.qrisk"


@dataclass(frozen=True)
class Coefficients:
    """The published model of one sex: log hazard ratios, the mean of the linear predictor, and survival at ten years
    at that mean."""

    age: float
    body_mass: float
    untreated: float
    treated: float
    smoker: float
    diabetes: float
    mean: float
    survival: float


MEN = Coefficients(3.11296, 0.79277, 1.85508, 1.92672, 0.70953, 0.53160, 23.9388, 0.88431)
WOMEN = Coefficients(2.72107, 0.51125, 2.81291, 2.88267, 0.61868, 0.77763, 26.0145, 0.94833)


def framingham(
    age: pl.Expr,
    body_mass: pl.Expr,
    systolic: pl.Expr,
    treated: pl.Expr,
    smoker: pl.Expr,
    diabetes: pl.Expr,
    of: Coefficients,
) -> pl.Expr:
    """Risk (0 to 1) within ten years. Age in years, body mass in kg/m², systolic pressure in mmHg, the others true
    or false."""
    pressure = pl.when(treated).then(of.treated).otherwise(of.untreated) * systolic.log()
    lifestyle = smoker.cast(pl.Float64) * of.smoker + diabetes.cast(pl.Float64) * of.diabetes
    predictor = age.log() * of.age + body_mass.log() * of.body_mass + pressure + lifestyle
    return 1 - (pl.lit(math.log(of.survival)) * (predictor - of.mean).exp()).exp()


def ten_year_risk() -> pl.Expr:
    """The risk of each row of `recorded`: the recorded QRISK if there is one, else Framingham. Null if neither is
    available.
    """
    parts = (
        pl.col("age").cast(pl.Float64), _fresh("measure.bmi", 10, 80), _fresh("measure.systolic", 60, 300),
        pl.any_horizontal(*(within(medicine, YEAR) for medicine in TREATED)),
        newer("lifestyle.smoker", "lifestyle.ex_smoker"), ever("condition.diabetes"),
    )  # fmt: skip
    sex = pl.col("sex")
    own = pl.when(sex == "1").then(framingham(*parts, of=MEN)).when(sex == "2").then(framingham(*parts, of=WOMEN))
    return pl.coalesce(_fresh(QRISK, 0, 100) / 100, pl.when(pl.col("age").is_between(*AGES)).then(own))


def free_of_disease() -> pl.Expr:
    """Whether no cardiovascular disease is on record."""
    return ~ever(*DISEASE)


def _fresh(concept: str, low: float, high: float) -> pl.Expr:
    """The latest value, if it is recent enough and plausible."""
    value = latest(concept).cast(pl.Float64)
    return pl.when(measured_within(concept, VALUES_COUNT_FOR) & value.is_between(low, high)).then(value)


def observed_over_expected(before: pl.DataFrame, after: pl.DataFrame) -> Rate | None:
    """New cardiovascular disease between two days a year apart, divided by what the score expected, with Byar's limits.

    `before` has `person` and `risk` of people free of disease a year ago. `after` has `person` of people with disease
    on record now. A ten-year risk gives 1 - (1 - risk) ** 0.1 for one year. None if nothing is expected.
    """
    known = before.drop_nulls("risk")
    expected = float((1 - (1 - known["risk"]) ** 0.1).sum())
    if expected <= 0:
        return None
    observed = known.join(after.select("person").unique(), on="person").height
    low, high = byar(observed)
    return Rate(observed / expected, low / expected, high / expected)
