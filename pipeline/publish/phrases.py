"""Puts a feature's value for one person into words, using its declaration (`pipeline.features.wording`)."""

from __future__ import annotations

from data_schemas.receipts import Feature
from pipeline import words
from pipeline.features.wording import fill

COUNTED = frozenset({"count", "total", "distinct"})
SINCE = frozenset({"days_since_last", "days_since_first"})

_KINDS_OF_CARE = frozenset({"admission", "ae", "outpatient", "appointment"})
_PLANNED = frozenset({"elective", "maternity", "other"})
_ONE = {"days": "day", "months": "month", "people": "person"}


def phrase(feature: Feature, value: float) -> str:
    """One fact about a person, as a sentence without a full stop."""
    fell = feature.statistic == "trend" and value <= 0
    sentence = f"{feature.means}: {{change}}" if fell else feature.singular if value == 1 else feature.says
    return capital(fill(sentence or f"{feature.means}: {{amount}}", _values(feature, value)))


def meaning(feature: Feature) -> str:
    """What the feature is about. Features with the same meaning make one reason.

    It is the kind of care if there is one (`admission`, `ae`, `appointment` …), with planned care separate; else its
    group; else what its concept is about in any code list (`condition.copd`, `acsc.copd`). A feature that spans several
    kinds has its own meaning.
    """
    families = {concept.partition(".")[0] for concept in feature.concept.split(" or ")}
    if len(families) > 1:
        return feature.group or feature.name
    family, _, about = feature.concept.split(" or ")[0].partition(".")
    if family in _KINDS_OF_CARE and about not in _PLANNED:
        return family
    return feature.group or about or family or feature.name


def spans(feature: Feature) -> bool:
    """Whether it counts several kinds of care together."""
    families = {concept.partition(".")[0] for concept in feature.concept.split(" or ")}
    return len(families & _KINDS_OF_CARE) > 1


def is_share(feature: Feature) -> bool:
    """Whether it is a share, from 0 to 1."""
    return "{percent}" in feature.says


def is_number(feature: Feature, value: float) -> bool:
    """Whether its sentence gives a number that can be compared with another."""
    sentence = feature.singular if value == 1 else feature.says
    return any(name in sentence for name in ("{n}", "{amount}", "{percent}", "{length}"))


def is_tenth(feature: Feature) -> bool:
    """Whether it gives the tenth of England in which the home's area is. 1 is the worst."""
    return feature.area and feature.unit == "tenth"


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def _values(feature: Feature, value: float) -> dict[str, str]:
    """Placeholder → its text."""
    return {
        "n": words.number(value),
        "times": {1: "once", 2: "twice"}.get(round(value), f"{words.number(value)} times"),
        "duration": words.duration(value),
        "ago": f"{words.duration(value)} ago",
        "amount": _amount(feature, value),
        "change": f"{'up' if value > 0 else 'down'} by {_amount(feature, abs(value))}",
        "percent": words.percent(value) if value < 1 else "100%",
        "length": "less than a day" if value < 1 else words.counted(round(value), "day"),
        "tenth": f"{10 * value:.0f}%",
        "grade": next((name for above, name in feature.grades if value > above), feature.means),
    }


def _amount(feature: Feature, value: float) -> str:
    unit = _ONE.get(feature.unit, feature.unit) if round(value, 1) == 1 else feature.unit
    return f"{words.number(round(value, 1))} {unit}".rstrip()
