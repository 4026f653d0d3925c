"""Declares a feature on one line: its concept, statistic, window and meaning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypedDict, Unpack

import polars as pl

from pipeline.features.wording import unknown_placeholders

STATISTICS = {
    "count": "how many",
    "total": "sum of the values",
    "mean": "average of the values",
    "latest": "value on the latest date that has one; the greatest of that day",
    "change": "latest value minus the earliest in the window",
    "trend": "how many in the later half of the window minus how many in the earlier half",
    "distinct": "how many different values",
    "ever": "1 if there is one, otherwise 0",
    "days_since_last": "days from the latest to the as-of date",
    "days_since_first": "days from the earliest to the as-of date",
    "fact": "what the cohort, the household or the area says",
    "score": "worked out from other features",
}


class Remarks(TypedDict, total=False):
    """Optional remarks on a feature (see `data_schemas.receipts.Feature`)."""

    family: str
    unit: str
    risk_direction: Literal[-1, 0, 1]
    group: str
    restricted: bool
    strength: bool
    says: str
    singular: str
    absence: bool
    inferred: bool
    area: bool
    grades: tuple[tuple[float, str], ...]
    speaks_of: str
    automatic: bool
    term: str
    bare: bool
    stems_from: tuple[str, ...]


@dataclass(frozen=True)
class Declaration:
    """A feature without its name. Its name is the variable that its module assigns it to."""

    statistic: str
    means: str
    missing: float | None
    concepts: tuple[str, ...] = ()
    over: int | None = None
    expression: pl.Expr | None = None
    remarks: Remarks | None = None

    def __post_init__(self) -> None:
        if not self.means.strip():
            raise ValueError(
                'a feature says what it means in plain words: means="emergency admissions in the last year"'
            )
        if unknown := unknown_placeholders(self.means, self.remarks or {}):
            raise ValueError("; ".join(unknown))
        if self.statistic == "days_since_first" and self.over is not None:
            raise ValueError("days_since_first looks at all that is in sight; leave `over` out")
        if self.over is not None and self.over < 1:
            raise ValueError(f"over={self.over}: a window is at least one day long, for example over=years(1)")

    def within(self, over: int) -> Declaration:
        """The same feature with another window."""
        return replace(self, over=over)


def years(number: int) -> int:
    """Days in a window of whole years: 365 each, plus a leap day from four years on."""
    return 365 * number + number // 4


def months(number: int) -> int:
    """Days in a window of months: 30 each."""
    return 30 * number


@dataclass(frozen=True)
class Statistic:
    """Declares features of one statistic about one concept, or about several as one."""

    statistic: str

    def __call__(
        self,
        concept: str | tuple[str, ...],
        *,
        means: str,
        missing: float | None,
        over: int | None = None,
        **remarks: Unpack[Remarks],
    ) -> Declaration:
        """Declare a feature. `over` is the window in days before the as-of date, None = the whole look-back. `missing`
        is the value without any event, None = unknown.
        """
        concepts = (concept,) if isinstance(concept, str) else tuple(sorted(concept))
        return Declaration(self.statistic, means, missing, concepts, over, remarks=remarks)


count = Statistic("count")
total = Statistic("total")
mean = Statistic("mean")
latest = Statistic("latest")
change = Statistic("change")
trend = Statistic("trend")
distinct = Statistic("distinct")
ever = Statistic("ever")
days_since_last = Statistic("days_since_last")
days_since_first = Statistic("days_since_first")


def fact(expression: pl.Expr, *, means: str, missing: float | None, **remarks: Unpack[Remarks]) -> Declaration:
    """Declare a number from the columns of the cohort, household and area (`pipeline.features.people`).

    As with a score, the expression may only use values of the same person.
    """
    return Declaration("fact", means, missing, expression=expression, remarks=remarks)


def score(
    expression: pl.Expr, *, means: str, missing: float | None, over: int | None = None, **remarks: Unpack[Remarks]
) -> Declaration:
    """Declare a number worked out from other features, named as columns: `pl.col("falls_ever") + pl.col("copd_ever")`.

    The expression may only use values of the same person: a mean or rank of others would depend on how people are
    divided into buckets, and is refused. `over` is how far back the features look, in days. It is only for display.
    """
    return Declaration("score", means, missing, over=over, expression=expression, remarks=remarks)
