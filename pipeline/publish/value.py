"""Works out what a place on a list is worth: risk times effect times cost, over the whole range of possible effects,
including none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import polars as pl

from pipeline import words

TEN = 10
MOST_LINES = 8
"""The most groups of ten places that are printed for each cluster."""
SCENARIOS = (-0.10, 0.0, 0.05)
"""Scenarios: a tenth fewer unplanned stays, no effect, a twentieth more. Trials of lists like this have found about
this range.
"""
Z = NormalDist().inv_cdf(0.975)
DEFAULT_ADMISSION = 1758.0
DEFAULT_SOURCE = (
    "The source is NHS reference costs for 2012-13, as reported to Parliament on 15 July 2014. It is old, and "
    "too low today."
)

OWN_FIGURE = "That is the site's own figure."


@dataclass(frozen=True)
class Money:
    """Unit costs in pounds, and the possible effects."""

    admission: float = DEFAULT_ADMISSION
    place: float | None = None
    """The cost of a place in pounds. None if the site has not given it."""
    is_own: bool = False
    effect: tuple[float, float] | None = None
    """Mean and standard deviation of the relative change that an `impact` study found; None for the scenarios."""
    study: str = ""

    def chance_below(self, change: float) -> float:
        """The chance that the effect is at most this change: a normal distribution, or the share of the scenarios."""
        if self.effect is None:
            return sum(one <= change for one in SCENARIOS) / len(SCENARIOS)
        return NormalDist(self.effect[0], max(self.effect[1], 1e-9)).cdf(change)


UNKNOWN_COSTS = Money()
"""The settings of a site that has set nothing."""


@dataclass(frozen=True)
class Line:
    """Ten places of one cluster, from the highest risk down."""

    places: str
    risk: float
    worth: tuple[float, ...]
    """Pounds per place for each scenario."""
    break_even: float | None
    """The change at which a place costs as much as it saves."""
    chance: float | None
    """The line that says which places pay for themselves."""


def measured(folder: Path, outcome: str) -> tuple[tuple[float, float], str] | None:
    """The effect that the newest study of this outcome found: relative change and standard deviation as shares, and the
    study's name. None if there is no study.
    """
    studies = [
        json.loads(path.read_bytes()) for path in sorted(folder.glob("*/impact.json"), key=lambda p: p.stat().st_mtime)
    ]
    for study in reversed(studies):
        headline: dict[str, Any] = study["headline"]
        if study["outcome"] == outcome and headline["ratio_low"] and headline["ratio_high"]:
            spread = (math.log(headline["ratio_high"]) - math.log(headline["ratio_low"])) / (2 * Z)
            return (headline["ratio"] - 1, headline["ratio"] * spread), f"{study['programme']} ({study['design']})"
    return None


def lines(risks: Sequence[float], places: int, money: Money) -> list[Line]:
    """One line for every ten places, up to the cluster's number and ten more if there are enough people. If there are
    many lines, only some are returned.
    """
    groups = [risks[start : start + TEN] for start in range(0, places + TEN, TEN)]
    whole = [(n, group) for n, group in enumerate(groups) if len(group) == TEN]
    step = max(1, math.ceil(len(whole) / MOST_LINES))
    shown = [whole[at] for at in range(0, len(whole), step)]
    if whole and whole[-1] not in shown:
        shown.append(whole[-1])
    return [_line(n, sum(group) / TEN, money) for n, group in shown]


def _line(number: int, risk: float, money: Money) -> Line:
    stake = risk * money.admission
    break_even = None if money.place is None else -money.place / stake
    return Line(
        places=f"{number * TEN + 1} to {(number + 1) * TEN}",
        risk=risk,
        worth=tuple(-change * stake for change in SCENARIOS),
        break_even=break_even,
        chance=None if break_even is None else money.chance_below(break_even),
    )


def section(people: pl.DataFrame, clusters: Sequence[tuple[str, str, int]], money: Money) -> dict[str, Any]:
    """The content for `borough.html`. `people` has `cluster_code` and `risk`, highest first; `clusters` has code, name
    and places.
    """
    tables = []
    for code, name, places in clusters:
        risks = people.filter(cluster_code=code)["risk"].head(places + TEN).to_list()
        tables.append((name, [_printed(line) for line in lines(risks, places, money)]))
    return {
        "tables": [table for table in tables if table[1]],
        "scenarios": [f"{change:+.0%}" if change else "no effect" for change in SCENARIOS],
        "assumed": _assumed(money),
        "has_place": money.place is not None,
    }


def _printed(line: Line) -> tuple[str, ...]:
    worth = [f"{'−' if value < 0 else ''}£{abs(value):,.0f}" for value in line.worth]  # noqa: RUF001 - a minus sign
    if line.break_even is None or line.chance is None:
        return (line.places, words.percent(line.risk), *worth)
    edge = f"{line.break_even:.0%}".replace("-", "−") if line.break_even > -1 else "never: it costs more"  # noqa: RUF001
    return (line.places, words.percent(line.risk), *worth, edge, f"{line.chance:.0%}")


def _assumed(money: Money) -> list[str]:
    sentences = [
        f"An unplanned hospital stay costs £{money.admission:,.0f}. {OWN_FIGURE if money.is_own else DEFAULT_SOURCE}"
    ]
    if money.place is None:
        sentences.append(
            "We do not know what a place costs, so we do not say if one pays. You can set it: [costs] place."
        )
    else:
        sentences.append(f"A place costs £{money.place:,.0f}. {OWN_FIGURE}")
    if money.effect is None:
        sentences.append(
            "No effect has been measured here. So we treat three as equally likely: a tenth fewer stays, no change, and a twentieth more."
        )
    else:
        low, high = (money.effect[0] + way * Z * money.effect[1] for way in (-1, 1))
        sentences.append(
            f"The study of {money.study} found this effect: {money.effect[0]:+.0%}, from {low:+.0%} to {high:+.0%}."
        )
    sentences.append("Avoiding a stay frees a bed. It does not free cash.")
    return sentences
