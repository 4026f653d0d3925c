"""A feature's value about one person, in plain words."""

from __future__ import annotations

import re

from data_schemas.receipts import Feature
from pipeline.publish import words

_BREAK = re.compile(r" (?:in|of|for|with|by|to|at|since|over|on|from|that|where|when|who|seen|ever|\()")
_SINCE = re.compile(r"^days since (?:the |their )?(?P<which>last |latest |most recent |first )?(?P<what>.+)$")
_ABSENCE = re.compile(
    r"^(?:no|not|never|without|missing|unknown|nothing)\b|\b(?:not recorded|never recorded|no record)\b"
)

COUNTED = frozenset({"count", "total", "distinct"})


def is_absence(feature: Feature) -> bool:
    """Whether the feature says that something is not there; absence is not a reason."""
    return _ABSENCE.search(feature.means.lower()) is not None


def phrase(feature: Feature, value: float) -> str:
    """One fact about a person, as a sentence without a full stop."""
    if feature.statistic in COUNTED:
        return f"{words.number(value)} {_unit(feature)}{singular(feature.means) if value == 1 else feature.means}"
    if feature.statistic == "days_since_last":
        return _ago(feature.means, value)
    if feature.statistic in ("ever", "fact") and value == 1:
        return capital(feature.means)
    if feature.statistic == "trend":
        return f"{capital(feature.means)}: rising"
    return capital(f"{feature.means}: {words.number(value)} {feature.unit}".rstrip())


def singular(means: str) -> str:
    """`emergency admissions in the last year` as said of one: its head noun in the singular."""
    found = _BREAK.search(means)
    cut = found.start() if found else len(means)
    return (
        re.sub(r"(?<=[a-z])ies$", "y", head) + means[cut:]
        if (head := means[:cut]).endswith("ies")
        else _strip_s(head) + means[cut:]
    )


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def _strip_s(head: str) -> str:
    return head[:-1] if head.endswith("s") and not head.endswith(("ss", "us", "is")) else head


def _unit(feature: Feature) -> str:
    return f"{feature.unit} of " if feature.unit and feature.unit not in feature.means else ""


def _ago(means: str, days: float) -> str:
    found = _SINCE.match(means)
    if found is None:
        return f"{capital(means)}: {words.duration(days)}"
    return f"{capital((found['which'] or 'last ') + found['what'])} {words.duration(days)} ago"
