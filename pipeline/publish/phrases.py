"""A feature's value about one person, in plain words."""

from __future__ import annotations

import re

from data_schemas.receipts import Feature
from pipeline.publish import words

COUNTED = frozenset({"count", "total", "distinct"})
SINCE = frozenset({"days_since_last", "days_since_first"})

_KINDS_OF_CARE = frozenset({"admission", "ae", "outpatient", "appointment"})
_PLANNED = frozenset({"elective", "maternity", "other"})

_HEAD = re.compile(r" (?:in|of|for|with|by|to|at|since|over|on|from|that|where|when|who|seen|ever|recorded|not|\()")
_SINCE_WORDS = re.compile(
    r"^days since (?:the |their |an? )?(?P<which>last |latest |most recent |first )?(?P<what>.+)$"
)
_TREND = re.compile(r"^(?P<what>.+): (?P<now>last .+) less the (?P<before>.+) before$")
_TENTHS = 10
_LISTED = re.compile(r"^(?P<what>.+): (?:recorded|times recorded(?P<window>.*)|days since last recorded|latest value)$")
_ABSENCE = re.compile(
    r"^(?:no|not|never|without|missing|unknown|nothing)\b|\b(?:not recorded|never recorded|no record)\b"
)


def meaning(feature: Feature) -> str:
    """What the feature is about: features of one meaning make one reason.

    Its group where it has one; else the kind of care (`admission`, `ae`, `appointment` …), but planned care apart; else what its
    concept is about, whichever code list says so (`condition.copd`, `acsc.copd`).
    """
    family, _, about = feature.concept.split(" or ")[0].partition(".")
    by_concept = family if family in _KINDS_OF_CARE and about not in _PLANNED else about or family
    return feature.group or by_concept or feature.name


def is_absence(feature: Feature) -> bool:
    """Whether the feature says that something is not there; absence is not a reason."""
    return _ABSENCE.search(feature.means.lower()) is not None


def phrase(feature: Feature, value: float) -> str:
    """One fact about a person, as a sentence without a full stop."""
    listed = _LISTED.match(feature.means)
    if listed:
        return _of_code_list(feature, value, listed["what"], listed["window"] or "")
    if feature.statistic in COUNTED or _is_a_number_of_things(feature, value):
        return f"{words.number(value)} {_unit(feature)}{singular(feature.means) if value == 1 else feature.means}"
    if feature.statistic in SINCE:
        return _ago(feature.means, value)
    if feature.name == "imd_decile":
        return f"Home in one of the {_TENTHS * value:.0f}% most deprived areas of England"
    if feature.statistic in ("ever", "fact") and value == 1:
        return capital(feature.means)
    return _risen(feature, value) or capital(f"{feature.means}: {words.number(value)} {feature.unit}".rstrip())


def singular(means: str) -> str:
    """`emergency admissions in the last year` as said of one: its head noun in the singular."""
    found = _HEAD.search(means)
    cut = found.start() if found else len(means)
    head = means[:cut]
    if head.endswith("ies"):
        return f"{head[:-3]}y{means[cut:]}"
    is_plural = head.endswith("s") and not head.endswith(("ss", "us", "is"))
    return (head[:-1] if is_plural else head) + means[cut:]


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def _of_code_list(feature: Feature, value: float, what: str, window: str) -> str:
    """Facts of the features that every concept of a code list has (`pipeline.features.catalogue`)."""
    if feature.statistic == "count":
        times = {1: "once", 2: "twice"}.get(round(value), f"{words.number(value)} times")
        return capital(f"{what}: recorded {times}{window}")
    if feature.statistic in SINCE:
        return capital(f"{what}: last recorded {words.duration(value)} ago")
    if feature.statistic == "latest":
        return capital(f"{what}: latest value {words.number(value)} {feature.unit}".rstrip())
    return capital(f"{what}: on the record")


def _risen(feature: Feature, value: float) -> str:
    """A rise, where the feature is one."""
    found = _TREND.match(feature.means)
    if feature.statistic == "trend" and found:
        return f"{words.number(value)} more {found['what']} in the {found['now']} than in the {found['before']} before"
    if feature.statistic in ("trend", "change"):
        return capital(f"{feature.means}: up by {words.number(value)} {feature.unit}".rstrip())
    return ""


def _is_a_number_of_things(feature: Feature, value: float) -> bool:
    is_plural = singular(feature.means) != feature.means
    return feature.statistic == "score" and is_plural and not feature.unit and value == round(value)


def _unit(feature: Feature) -> str:
    return f"{feature.unit} of " if feature.unit and feature.unit not in feature.means else ""


def _ago(means: str, days: float) -> str:
    found = _SINCE_WORDS.match(means)
    if found is None:
        return f"{capital(means)}: {words.duration(days)}"
    if found["what"].endswith((" recorded", " measured")):
        return f"{capital(found['what'])} {words.duration(days)} ago"
    return f"{capital((found['which'] or 'last ') + found['what'])} {words.duration(days)} ago"
