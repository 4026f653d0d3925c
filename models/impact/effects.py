"""Works out the effect of being offered a programme: a difference and a ratio. The intervals keep a person's rows
together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Verdict = Literal["fewer", "more", "not shown"]
Z = 1.959963984540054
"""Half the width of a 95% interval of a normal distribution, in standard errors."""

SAME = 1e-6
"""A covariate that adds less than this many standard deviations to the others is left out, because it repeats them."""


@dataclass(frozen=True)
class Units:
    """Rows to compare, one per person, or per person and year.

    `y` counts events (or is 0 or 1). `exposure` is what they are counted over (years, or 1 per row). `offered` shows
    who was offered the programme. `group` is the unit that was drawn (a person or a cluster). `weight` is the inverse
    probability of the row's arm.
    """

    y: Array
    exposure: Array
    offered: NDArray[np.bool_]
    group: NDArray[np.int64]
    weight: Array

    def with_outcome(self, y: Array, exposure: Array) -> Units:
        """The same rows with another outcome."""
        return replace(self, y=y, exposure=exposure)


@dataclass(frozen=True)
class Effect:
    """The result in each arm, and the difference and ratio with 95% intervals. NaN if a figure does not exist."""

    offered: float
    control: float
    difference: float
    low: float
    high: float
    ratio: float = float("nan")
    ratio_low: float = float("nan")
    ratio_high: float = float("nan")

    @property
    def verdict(self) -> Verdict:
        """`fewer` or `more` if the interval of the difference excludes 0, else `not shown`."""
        if self.high < 0:
            return "fewer"
        return "more" if self.low > 0 else "not shown"

    def times(self, scale: float) -> Effect:
        """The same effect per `scale` people. The ratio is unchanged."""
        scaled = {name: scale * getattr(self, name) for name in ("offered", "control", "difference", "low", "high")}
        return replace(self, **scaled)


def compare(units: Units, covariates: Array | None = None) -> Effect:
    """Estimate the effect by weighted least squares, with the sandwich variance over groups (Liang and Zeger 1986).

    Without `covariates` (rows, k) this is the difference of two rates. With them it is an analysis of covariance at
    everybody's mean (Lin 2013 shows that this does no harm in a trial). The interval of the ratio is on the log scale
    (delta method).
    """
    if not (units.offered.any() and (~units.offered).any()):
        nothing = float("nan")
        return Effect(nothing, nothing, nothing, nothing, nothing)
    rates, covariance, freedom = _fitted(units, covariates)
    quantile = _quantile(freedom)
    offered, control = float(rates[0]), float(rates[1])
    spread = quantile * float(np.sqrt(max(_contrast(covariance, np.array([1.0, -1.0])), 0.0)))
    ratio = _ratio(offered, control, covariance, quantile)
    return Effect(offered, control, offered - control, offered - control - spread, offered - control + spread, *ratio)


def _fitted(units: Units, covariates: Array | None) -> tuple[Array, Array, int]:
    """Rates of both arms (offered first), their covariance, and the number of groups minus these two rates."""
    from statsmodels.regression.linear_model import WLS  # the whole of statsmodels takes a third of a second

    given = units.exposure > 0
    arms = np.column_stack([units.offered, ~units.offered]).astype(np.float64)[given]
    weight = (units.weight * units.exposure)[given]
    design = arms if covariates is None else np.column_stack([arms, _centred(covariates[given], weight)])
    _, group = np.unique(units.group[given], return_inverse=True)
    model = WLS(units.y[given] / units.exposure[given], design, weights=weight)
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": group}, use_t=False)
    return np.asarray(fit.params)[:2], np.asarray(fit.cov_params())[:2, :2], int(group.max()) + 1 - 2


def _centred(covariates: Array, weight: Array) -> Array:
    """Centre covariates and scale them to standard deviations. Leave out those that do not vary or that others add up
    to."""
    about: Array = covariates - np.average(covariates, axis=0, weights=weight)
    spread = about.std(axis=0)
    varying: Array = about[:, spread > 0] / spread[spread > 0]
    # The diagonal holds what each column adds to those before it.
    adds = np.abs(np.diag(np.linalg.qr(varying, mode="r"))) if varying.size else np.empty(0)
    return varying[:, adds > SAME * np.sqrt(len(varying))]


def _quantile(freedom: int) -> float:
    """A quantile of Student's t, which differs from the normal only with few groups."""
    from scipy import stats

    return float(stats.t.ppf(0.975, freedom)) if freedom > 0 else float("nan")


def _contrast(covariance: Array, gradient: Array) -> float:
    return float(gradient @ covariance @ gradient)


def _ratio(offered: float, control: float, covariance: Array, quantile: float) -> tuple[float, float, float]:
    if offered <= 0 or control <= 0:
        return (offered / control if control > 0 else float("nan")), float("nan"), float("nan")
    spread = quantile * np.sqrt(_contrast(covariance, np.array([1 / offered, -1 / control])))
    ratio = offered / control
    return ratio, float(ratio * np.exp(-spread)), float(ratio * np.exp(spread))


def e_value(ratio: float) -> float:
    """How strongly something unmeasured would have to be linked to both programme and outcome to explain a ratio.

    VanderWeele and Ding, Annals of Internal Medicine 2017: 3.9 gives 7.26.
    """
    if not np.isfinite(ratio) or ratio <= 0:
        return float("nan")
    above = max(ratio, 1 / ratio)
    return float(above + np.sqrt(above * (above - 1)))


@dataclass(frozen=True)
class BeforeAfter:
    """Events per person in the year before and the year after, and the change in per cent. NaN if there is no year
    before.
    """

    before: float
    after: float

    @property
    def change_percent(self) -> float:
        return 100 * (self.after / self.before - 1) if self.before > 0 else float("nan")


def before_after(before: Sequence[float] | Array, after: Sequence[float] | Array) -> BeforeAfter:
    """Compare the same people before and after: the naive comparison."""
    if not len(before):
        return BeforeAfter(float("nan"), float("nan"))
    return BeforeAfter(float(np.mean(before)), float(np.mean(after)))
