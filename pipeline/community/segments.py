"""Puts everyone in exactly one segment: the Bridges to Health model, or a site's own scheme in one file.

Source: Lynn J and others, "Using population segmentation to provide better health care for all: the Bridges to Health
model", Milbank Quarterly 2007; 85: 185-208, in the form of NHS England's segmentation dataset (definitions:
outcomesbasedhealthcare.com, "NHSE subsegment / condition definitions", read in November 2026). The eight segments are
in the published order, from good health to frailty. A person who meets several is in the last of them. GP and hospital
records lack some of the national dataset's sources (maternity services data, dialysis and transplant procedures, and
the stage of a cancer outside hospital), so these segments are smaller here.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import ClassVar

import polars as pl
from pydantic import ConfigDict, TypeAdapter, ValidationError

from data_schemas import invalid
from data_schemas.errors import ConfigurationError
from pipeline.community import recorded
from pipeline.community.records import Records

FRAIL_POINTS = 5
"""Points of the Hospital Frailty Risk Score that mean intermediate risk in the national dataset."""
MATERNITY_DAYS = 308
ACUTE_DAYS = 30


@dataclass(frozen=True)
class Criterion:
    """One criterion for a segment: any of some concepts, at some age, recently or often enough."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    any: tuple[str, ...]
    ages: tuple[int, int] = (0, 130)
    within_days: int | None = None
    """Only records of the last so many days count. None: records of any time."""
    days_in_year: int | None = None
    """The fewest days in the last year with one of the concepts."""
    at_least: float | None = None
    """The latest value must be at least this."""
    below: float | None = None
    """The latest value must be below this."""
    total_at_least: float | None = None
    """The values of the last two years must add up to at least this."""
    with_any: tuple[str, ...] = ()
    """One of these must be on record too."""

    @property
    def holds(self) -> pl.Expr:
        """Whether the criterion is true for a row of `recorded`."""
        parts = [pl.any_horizontal(*(self._of(concept) for concept in self.any)), pl.col("age").is_between(*self.ages)]
        if self.with_any:
            parts.append(recorded.ever(*self.with_any))
        return pl.all_horizontal(*parts)

    def _of(self, concept: str) -> pl.Expr:
        value = recorded.latest(concept)
        parts = [recorded.ever(concept) if self.within_days is None else recorded.within(concept, self.within_days)]
        if self.days_in_year is not None:
            parts.append(recorded.times(concept) >= self.days_in_year)
        if self.at_least is not None:
            parts.append((value >= self.at_least).fill_null(value=False))
        if self.below is not None:
            parts.append((value < self.below).fill_null(value=False))
        if self.total_at_least is not None:
            parts.append(recorded.total(concept) >= self.total_at_least)
        return pl.all_horizontal(*parts)


@dataclass(frozen=True)
class Segment:
    """A segment: its name, its words for people, and the criteria that put a person into it. A segment without criteria
    takes everyone left over.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    words: str
    """The words next to a person on a list. Two segments may use the same words, so that one of them cannot be
    recognised.
    """
    means: str
    ways_in: tuple[Criterion, ...] = ()

    @property
    def holds(self) -> pl.Expr:
        return pl.any_horizontal(*(way.holds for way in self.ways_in)) if self.ways_in else pl.lit(value=True)


LONG_TERM = (
    "condition.af", "condition.asthma", "condition.arthritis", "condition.cancer", "condition.chd", "condition.ckd", "condition.copd",
    "condition.depression", "condition.diabetes", "condition.epilepsy", "condition.heart_failure", "condition.hypertension",
    "condition.osteoporosis", "condition.pad", "condition.parkinsons", "condition.rheumatoid_arthritis",
    "condition.severe_mental_illness", "condition.stroke", "condition.tia", "condition.alcohol_related",
)  # fmt: skip
SERIOUS = "Lives with a serious illness"

BRIDGES_TO_HEALTH = (
    Segment("Healthy", "Mostly well", "people in none of the other groups"),
    Segment(
        "Maternal health", "Mostly well", "a stay for a birth, or in pregnancy, in the last 308 days",
        (Criterion(("admission.maternity",), within_days=MATERNITY_DAYS),),
    ),
    Segment(
        "Acutely ill", "Has been ill lately", "an emergency hospital stay in the last 30 days, and none of the groups below",
        (Criterion(("admission.unplanned",), within_days=ACUTE_DAYS),),
    ),
    Segment("Long-term conditions", "Lives with a long-term condition", "a long-term condition is on record", (Criterion(LONG_TERM),)),
    Segment(
        "Disability", "Lives with a disability", "a learning disability, paralysis or a lasting limit to what they can do is on record",
        (Criterion(("condition.learning_disability", "charlson.hemiplegia", "function.activity_limitation")),),
    ),
    Segment(
        "Incurable cancer", SERIOUS, "cancer that has spread, or that is treated to ease it and not to cure it, is on record",
        (Criterion(("charlson.metastatic_cancer",)), Criterion(("condition.cancer",), with_any=("condition.palliative",))),
    ),
    Segment(
        "Organ failure", SERIOUS,
        "kidneys that work at less than 15, or severe liver disease. Or heart failure or COPD, with two days in a year on which an "
        "emergency stay began",
        (
            Criterion(("measure.egfr",), below=15),
            Criterion(("charlson.severe_liver",)),
            Criterion(("admission.unplanned",), days_in_year=2, with_any=("condition.heart_failure", "condition.copd")),
        ),
    ),
    Segment(
        "Frailty and dementia", "Lives with frailty or memory problems",
        "dementia is on record. Or, from 65, frailty (moderate or severe) or the care that goes with it",
        (
            Criterion(("condition.dementia", "charlson.dementia")),
            Criterion(("function.frailty_moderate", "function.frailty_severe"), ages=(65, 130)),
            Criterion(("admission.frailty_points",), ages=(65, 130), total_at_least=FRAIL_POINTS),
            Criterion(("measure.clinical_frailty_scale",), ages=(65, 130), at_least=6),
            Criterion(("function.housebound", "social.care_home"), ages=(65, 130)),
        ),
    ),
)  # fmt: skip
"""In the published order, from good health to frailty. A person is in the last one that applies."""


def concepts_of(scheme: Sequence[Segment]) -> set[str]:
    """Every concept that a scheme uses."""
    return recorded.concepts_in(assigned(scheme))


def assigned(scheme: Sequence[Segment]) -> pl.Expr:
    """The segment of each row of `recorded`: the last of the scheme that applies."""
    first, *others = scheme
    return reduce(lambda named, s: pl.when(s.holds).then(pl.lit(s.name)).otherwise(named), others, pl.lit(first.name))


def segments_of(records: Records, day: dt.date, scheme: Sequence[Segment]) -> pl.DataFrame:
    """`person, segment` of everyone registered on a day, by what was known before it."""
    return records.answers(day, asks(scheme)).select("person", "segment")


def asks(scheme: Sequence[Segment]) -> dict[str, pl.Expr]:
    """The questions about everyone."""
    return {"segment": assigned(scheme)}


def read_scheme(path: Path) -> tuple[Segment, ...]:
    """Read a site's own scheme, in order. The last segment that applies counts.

    TOML: `[[segment]]` with `name`, `words`, `means` and `[[segment.ways_in]]` with the fields of `Criterion`. The
    first segment has no ways in and takes everyone left over. Raises ConfigurationError with everything that is wrong.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        scheme = TypeAdapter(tuple[Segment, ...]).validate_python(content.get("segment", ()))
    except ValidationError as error:
        problems = [f"{path.name}: segment{_where(at)}: {what}" for at, what in invalid.problems(error)]
        raise ConfigurationError(problems) from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ConfigurationError(f"{path.name}: is not a valid TOML file; write `[[segment]]` sections") from None
    if not scheme or scheme[0].ways_in or not all(segment.ways_in for segment in scheme[1:]):
        raise ConfigurationError(
            f"{path.name}: the first segment must have no `ways_in` (it takes everyone left over); all others need some"
        )
    return scheme


def _where(location: tuple[int | str, ...]) -> str:
    return "".join(f" {part + 1}" if isinstance(part, int) else f".{part}" for part in location)
