"""Finds who is due for what, person by person for their practice, and how the gaps differ by cluster and
deprivation."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from scipy import stats

from data_schemas.receipts import Notice
from pipeline import disclosure
from pipeline.community import cardiovascular, recorded
from pipeline.community.asked import Asked
from pipeline.community.guidance import RULES, Rule
from pipeline.community.rates import Rate
from pipeline.community.records import Records
from pipeline.disclosure import Count

RISK = "cvd_risk"
FIFTHS = (1, 2, 3, 4, 5)
"""Fifths of deprivation in England, most deprived first."""

Pair = tuple[Count, Count]
"""Protected counts of people due and people done."""


@dataclass(frozen=True)
class Gap:
    """One rule's protected counts of people due and done."""

    rule: Rule
    clusters: dict[str, Pair]
    fifths: dict[int, Pair]
    borough: Pair

    @property
    def ratio(self) -> Rate | None:
        """The share due in the most deprived fifth divided by that in the least, with its interval. None if a count is
        hidden or 0.
        """
        return share_ratio(self.fifths.get(FIFTHS[0]), self.fifths.get(FIFTHS[-1]))

    @property
    def to_reach(self) -> int | None:
        """How many due people must be reached so that no fifth has a larger share due than the least deprived. None if
        hidden.
        """
        return people_to_reach(self.fifths)


@dataclass(frozen=True)
class Prevention:
    """All rules on one day."""

    due: pl.DataFrame
    """One row per person and unrestricted rule, from `due`."""
    gaps: tuple[Gap, ...]
    left_out: tuple[Rule, ...]
    """Rules whose records the site does not have."""
    notices: tuple[Notice, ...]


def prevention(records: Records, rules: Sequence[Rule] = RULES) -> Prevention:
    """Everyone registered on the day of the records, checked against every rule that the records support."""
    people = judged(records, records.day, rules)
    usable = [rule for rule in rules if can_be_checked(people, rule)]
    return Prevention(
        due=due(people, records.identified["person_id"], usable),
        gaps=tuple(gap(people, rule) for rule in usable),
        left_out=tuple(rule for rule in rules if rule not in usable),
        notices=tuple(_recalibration(records, people)),
    )


def judged(records: Records, day: dt.date, rules: Sequence[Rule]) -> pl.DataFrame:
    """Everyone registered on a day with `cvd_risk`, `has_disease`, `fifth` of deprivation and one column per rule.

    A rule's column is true if the person is due, false if it is done, and null if the rule is not for them.
    """
    decile = pl.col("imd_decile").cast(pl.Int32)
    return records.answers(day, asks(rules)).with_columns(fifth=(decile + 1) // 2)


def asks(rules: Sequence[Rule]) -> dict[str, pl.Expr]:
    """The questions about everyone."""
    free = cardiovascular.free_of_disease()
    return {
        RISK: pl.when(free).then(cardiovascular.ten_year_risk()),
        "has_disease": ~free,
        **{rule.name: pl.when(rule.eligible).then(~rule.done) for rule in rules},
        **{_on_record(need): recorded.ever(need) for rule in rules for need in rule.needs},
    }


def asked(day: dt.date, rules: Sequence[Rule] = RULES) -> Asked:
    """All questions that prevention asks the log."""
    return {day: asks(rules), day - dt.timedelta(days=recorded.YEAR): asks(())}


def can_be_checked(people: pl.DataFrame, rule: Rule) -> bool:
    """Whether anybody's record has what a rule needs."""
    return all(people[_on_record(need)].any() for need in rule.needs)


def _on_record(need: str) -> str:
    return f"on record: {need}"


def due(people: pl.DataFrame, person_id: pl.Series, rules: Sequence[Rule]) -> pl.DataFrame:
    """One row per person and rule due, without restricted rules: people with heart disease or stroke first, then by
    their risk of it. `person_id` is that of each of the `people`.
    """
    open_rules = [rule for rule in rules if not rule.restricted]
    columns = ["person", "person_id", "practice_code", "cluster_code", "age", "sex", "has_disease", RISK]
    kind = pl.Enum(list(dict.fromkeys(rule.due for rule in open_rules)))
    named = people.with_columns(person_id)
    rows = [
        named.filter(rule.name).select(*columns, rule=pl.lit(rule.name), due=pl.lit(rule.due, kind))
        for rule in open_rules
    ]
    ordered = pl.concat([named.select(*columns, rule=pl.lit(""), due=pl.lit(None, kind)).clear(), *rows])
    order = ("has_disease", RISK, "age", "person_id", "rule")
    return ordered.sort(*order, descending=[True, True, True, False, False], nulls_last=True)


def gap(people: pl.DataFrame, rule: Rule) -> Gap:
    """The protected counts of one rule by cluster and by fifth of deprivation."""
    asked = people.filter(pl.col(rule.name).is_not_null())
    clusters, borough = pairs(asked, rule.name, "cluster_code")
    fifths, _ = pairs(asked, rule.name, "fifth")
    return Gap(rule, clusters, {int(fifth): pair for fifth, pair in fifths.items()}, borough)


def pairs(asked: pl.DataFrame, is_due: str, column: str) -> tuple[dict[str, Pair], Pair]:
    """People due and done by each value of a column and in total. Rows without a value are left out."""
    counted = (
        asked.drop_nulls(column)
        .group_by(pl.col(column).cast(pl.String))
        .agg(due=pl.col(is_due).sum(), done=(~pl.col(is_due)).sum())
    )
    counts = {name: (due, done) for name, due, done in counted.sort(column).iter_rows()}
    shown = {name: (due, done) for name, (due, done) in disclosure.protect_table(counts).items()}
    columns = zip(zip(*counts.values(), strict=True), zip(*shown.values(), strict=True), strict=True)
    due, done = (disclosure.total(*column) for column in columns) if counts else (0, 0)
    return shown, (due, done)


def share_ratio(first: Pair | None, second: Pair | None) -> Rate | None:
    """Share due in one group divided by that in another, with the interval of the log ratio (Katz 1978). None if a
    count is hidden or 0.
    """
    if first is None or second is None or not all((*first, *second)):
        return None
    (a, b), (c, d) = ((float(is_due or 0), float(is_due or 0) + float(done or 0)) for is_due, done in (first, second))
    ratio, error = (a / b) / (c / d), (1 / a - 1 / b + 1 / c - 1 / d) ** 0.5
    factor = float(stats.norm.ppf(0.975)) * error
    return Rate(ratio, ratio * math.exp(-factor), ratio * math.exp(factor))


def people_to_reach(fifths: dict[int, Pair]) -> int | None:
    """Number of due people above the least deprived fifth's share, summed over all fifths, to the nearest 5. None if a
    count is hidden.
    """
    pairs = [fifths.get(fifth) for fifth in FIFTHS]
    if any(pair is None or None in pair or not sum(n or 0 for n in pair) for pair in pairs):
        return None
    counts = [(pair[0] or 0, sum(n or 0 for n in pair)) for pair in pairs if pair]
    best = counts[-1][0] / counts[-1][1]
    return 5 * round(sum(max(0.0, is_due - best * everyone) for is_due, everyone in counts) / 5)


def _recalibration(records: Records, now: pl.DataFrame) -> list[Notice]:
    """A notice if the score's level does not match the new disease of the last year in the extracts."""
    then = judged(records, records.day - dt.timedelta(days=recorded.YEAR), ())
    risks = then.filter(~pl.col("has_disease")).select("person", risk=RISK)
    ratio = cardiovascular.observed_over_expected(risks, now.filter("has_disease"))
    low, high = cardiovascular.FAIR
    if ratio is None or low <= ratio.value <= high or ratio.low <= 1 <= ratio.high:
        return []
    words = (
        f"The ten-year risk of heart disease and stroke does not fit this borough. Observed over expected is {ratio.value:.2f} "
        f"[{ratio.low:.2f}, {ratio.high:.2f}] in the last year. Until it is recalibrated, use it to rank people, not as a percentage."
    )
    return [Notice("cvd_recalibration", words)]
