"""Typed records of figures with their intervals. In JSON they are flat, as the contract requires."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic.dataclasses import dataclass

Number = Annotated[float, BeforeValidator(lambda given: math.nan if given is None else given)]
"""NaN if a figure does not exist; null in JSON."""
ENDS = ("", "_low", "_high")
"""Suffixes of the value and both ends of its interval."""


@dataclass(frozen=True)
class Interval:
    """A figure and its 95% interval. Unknown values are NaN."""

    value: Number = math.nan
    low: Number = math.nan
    high: Number = math.nan

    @property
    def known(self) -> bool:
        """Whether a value exists."""
        return math.isfinite(self.value)

    @property
    def bounded(self) -> bool:
        """Whether a value exists with both ends of its interval."""
        return self.known and math.isfinite(self.low) and math.isfinite(self.high)

    def leaves_out(self, value: float) -> bool:
        """Whether the interval is known and excludes `value`."""
        return self.bounded and not self.low <= value <= self.high


UNKNOWN = Interval()
ByShare = dict[str, Interval]
"""A figure by the share of people at highest risk, as text: "0.05"."""


@dataclass(frozen=True)
class Flat:
    """A record that writes each interval `auroc` as `auroc`, `auroc_low` and `auroc_high`. Unknown figures are left
    out.
    """

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        """Rebuild intervals from the flat fields that `_spread` wrote."""
        if not isinstance(given, Mapping):
            return given
        spread = [name for name in given if f"{name}_low" in given]
        return {**given, **{name: _gathered(*(given[name + end] for end in ENDS)) for name in spread}}

    @model_serializer(mode="wrap")
    def _spread(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write fields in the order of their declaration, intervals as flat fields."""
        written: dict[str, Any] = whole(self)
        left_out = {each.name for each in fields(self) if _not_known(getattr(self, each.name), each)}
        found: dict[str, Any] = {}
        for name, value in written.items():
            if name not in left_out:
                found |= _ends(name, getattr(self, name), value)
        return found


def _gathered(value: Any, low: Any, high: Any) -> Any:
    if isinstance(value, Mapping):
        return {share: {"value": value[share], "low": low[share], "high": high[share]} for share in value}
    return {"value": value, "low": low, "high": high}


def _ends(name: str, value: object, written: Any) -> dict[str, Any]:
    """An interval, or intervals by share, as three entries; anything else as one."""
    parts = ("value", "low", "high")
    if isinstance(value, Interval):
        return {name + end: written[part] for end, part in zip(ENDS, parts, strict=True)}
    if isinstance(value, dict) and any(isinstance(each, Interval) for each in value.values()):
        return {
            name + end: {share: each[part] for share, each in written.items()}
            for end, part in zip(ENDS, parts, strict=True)
        }
    return {name: written}


def _not_known(value: object, declared: Field[Any]) -> bool:
    """Whether a field can be left out. An empty mapping that readers expect is written."""
    is_empty = value == {} and declared.default_factory is not MISSING
    return is_empty or value == declared.default or (isinstance(value, Interval) and not value.known)


@dataclass(frozen=True, kw_only=True)
class Figures(Flat):
    """How good risks are for some person-dates (`n`), of which `events` have the outcome."""

    n: int
    events: int
    auroc: Interval = UNKNOWN
    average_precision: Interval = UNKNOWN
    brier: Interval = UNKNOWN
    scaled_brier: Interval = UNKNOWN
    calibration_slope: Interval = UNKNOWN
    calibration_intercept: Interval = UNKNOWN
    observed_expected: Interval = UNKNOWN
    prevalence: Interval = UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Metrics(Figures):
    """The headline figures, figures of lists by length, and their bounds where risks tie at the edge of a list.

    If nothing can be tested, there are only the counts.
    """

    people: int
    ppv_at: ByShare = field(default_factory=dict)
    sensitivity_at: ByShare = field(default_factory=dict)
    lift_at: ByShare = field(default_factory=dict)
    number_needed_at: ByShare = field(default_factory=dict)
    died_at: ByShare = field(default_factory=dict)
    """Share of people listed who died in the window without the outcome. Only for the model. Empty if
    death is part of the outcome."""
    ppv_at_worst: dict[str, Number] = field(default_factory=dict)
    sensitivity_at_worst: dict[str, Number] = field(default_factory=dict)
    ppv_at_best: dict[str, Number] = field(default_factory=dict)
    sensitivity_at_best: dict[str, Number] = field(default_factory=dict)
    ici: Interval = UNKNOWN
    e50: Interval = UNKNOWN
    e90: Interval = UNKNOWN
    share_also_trained_on: float | None = None
    """Share of these rows whose people were also trained on, at an earlier date."""


@dataclass(frozen=True, kw_only=True)
class RisingRisk(Metrics):
    """People with no emergency admission in the last two years, ranked among themselves."""

    share_of_all_events: float
    flagged_share: float


@dataclass(frozen=True, kw_only=True)
class GroupResult(Figures):
    """One group of people: its figures, or only that it is too small to report."""

    group: str
    value: str
    n: int = 0
    events: int = 0
    too_small: bool = False
    flagged_share: Interval = UNKNOWN
    ppv: Interval = UNKNOWN
    sensitivity: Interval = UNKNOWN
    false_omission_rate: Interval = UNKNOWN
    false_discovery_rate: Interval = UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Gap(Flat):
    """The widest difference between the groups of one grouping, unadjusted and with age and sex held equal.

    A widest difference is never below 0, and more and smaller groups make it wider by chance alone. `by_chance` is what
    it exceeds once in twenty if groups are assigned at random; `chance` is how often it would then be as wide as the
    one seen.
    """

    false_omission_rate_gap: Interval = UNKNOWN
    false_discovery_rate_gap: Interval = UNKNOWN
    false_omission_rate_gap_adjusted: Interval = UNKNOWN
    false_discovery_rate_gap_adjusted: Interval = UNKNOWN
    by_chance: dict[str, float] = field(default_factory=dict)
    chance: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Access(Flat):
    """One group compared with everybody else, with age and sex held equal: need at the same score, and admissions at
    the same need.
    """

    group: str
    value: str
    n: int
    need_at_same_score: Interval = UNKNOWN
    """Difference in need, in standard deviations of the mean of the measures."""
    need_chance: float
    """Chance of such a difference if groups were assigned at random."""
    by_measure: dict[str, Interval]
    """The difference in each measure, in its own unit."""
    admissions_at_same_need: Interval = UNKNOWN
    """Admissions observed over those expected from need, age and sex, relative to everybody else."""
    admissions_chance: float
    more_need: bool
    """Clearly more need at the same score: the score is too low for what they need."""
    less_access: bool
    """Clearly fewer admissions at the same need."""


@dataclass(frozen=True)
class Difference:
    """A paired difference of two models, with its 95% interval."""

    difference: Number
    low: Number
    high: Number
