"""Writes the fields of `impact.json`, which the contract fixes, from the results of a study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from data_schemas.receipts import Notice
from models.impact.balance import LIMIT, largest
from models.impact.effects import BeforeAfter, Effect
from models.impact.judge import Judged

RAND_LESSON = (
    "People who are chosen at their worst get better anyway. Those with two or more stays in a year have 71% fewer in the next, even if"
    " nothing is done (RAND Health Insurance Experiment). A fall after the start is not an effect."
)
FEW = 30
"""With fewer people than this in an arm, a study can show hardly any effect."""


def fields(
    judged: Judged, facts: Mapping[str, Any], adjusted_for: Sequence[str], notices: Sequence[Notice]
) -> dict[str, Any]:
    """Make the content of `impact.json`. `facts` are programme, design, outcome, horizon_days and protocol_sha256.
    Unknown figures are null."""
    return {
        **facts,
        "n_offered": judged.n[0],
        "n_control": judged.n[1],
        "person_years_offered": _number(judged.years[0]),
        "person_years_control": _number(judged.years[1]),
        "headline": {"measure": judged.measure, **_effect(judged.headline)},
        "adjusted": {**_interval(judged.adjusted), "for": list(adjusted_for)},
        "verdict": judged.headline.verdict,
        "outcomes": [
            {"name": name, "measure": measure, **_effect(effect)} for name, (measure, effect) in judged.outcomes.items()
        ],
        "before_after": naive(judged.before_after),
        "balance": [
            {"name": one.name, "before": _number(one.before), "after": _number(one.after)} for one in judged.balance
        ],
        "largest_imbalance": _number(largest(judged.balance)),
        "negative_controls": [{"name": name, **_interval(effect)} for name, effect in judged.negative_controls.items()],
        "e_value": _number(judged.e_value),
        "notices": [{"name": one.name, "detail": one.detail} for one in [*notices, *warnings(judged)]],
    }


def subgroup_rows(judged: Judged) -> list[dict[str, Any]]:
    """The main difference in each group, for the page only, because the contract fixes the fields of `impact.json`."""
    return [
        {
            "name": one.name,
            "value": one.value,
            "people": one.people,
            **_interval(one.effect),
            "p_differs": _number(one.p_differs),
        }
        for one in judged.subgroups
    ]


def naive(found: BeforeAfter) -> dict[str, Any]:
    """The before-and-after figures, and why they are not the effect."""
    if math.isnan(found.change_percent):
        text = f"There is no year before the start to compare with. {RAND_LESSON}"
    else:
        text = f"Among those who were offered it, events per person {_change(found.change_percent)}. {RAND_LESSON}"
    return {
        "before": _number(found.before),
        "after": _number(found.after),
        "change_percent": _number(found.change_percent),
        "explanation": text,
    }


def _change(percent: float) -> str:
    by = f"{abs(percent):.0f}%"
    return "did not change" if by == "0%" else f"{'fell' if percent < 0 else 'rose'} by {by}"


def warnings(judged: Judged) -> list[Notice]:
    """Warnings for readers about the figures themselves."""
    found = []
    if min(judged.n) < FEW:
        found.append(Notice("small_study", f"One arm has fewer than {FEW} people: it can show almost nothing."))
    worst = largest(judged.balance)
    if worst > LIMIT:
        found.append(
            Notice(
                "imbalance", f"The two groups differ at the start by {worst:.2f} standard deviations, above {LIMIT}."
            )
        )
    for name, effect in judged.negative_controls.items():
        if effect.verdict != "not shown":
            words = name.replace("_", " ")
            detail = (
                f"The two groups differ in {words}, which the programme cannot have caused: something else differs too."
            )
            found.append(Notice("negative_control", detail))
    return found


def _effect(effect: Effect) -> dict[str, float | None]:
    return {name: _number(value) for name, value in vars(effect).items()}


def _interval(effect: Effect) -> dict[str, float | None]:
    return {name: _number(getattr(effect, name)) for name in ("difference", "low", "high")}


def _number(value: float) -> float | None:
    """Change a figure to a form that JSON allows."""
    return float(value) if math.isfinite(value) else None
