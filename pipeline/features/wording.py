"""Puts a declared feature into words: its window, its plural, and the sentence about a person's value.

A declaration may use `{window}` for how far it looks back ("last 2 years", never further than the site looks back) and
`(s)` for a plural: "emergency admission(s) in the {window}". Its sentence has a placeholder for the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

VALUE = ("n", "times", "ago", "duration", "amount", "change", "percent", "length", "grade", "tenth")
"""Placeholders for the value: a number, "twice", "3 weeks ago", "3 weeks", "172 mmHg", "up by 5 mmHg", "25%", "6 days",
a name from `grades`, "20%" of the areas of England.
"""
PLACEHOLDERS = (*VALUE, "window", "means")

COUNTED = ("{n} {means}", "{means}: {n}")
SINCE = ("{means}: {duration}",) * 2
SENTENCES = {
    "count": COUNTED,
    "total": COUNTED,
    "distinct": COUNTED,
    "mean": ("{means}: {amount}",) * 2,
    "latest": ("{means}: {amount}",) * 2,
    "change": ("{means}: {change}",) * 2,
    "trend": ("{means}: {change}",) * 2,
    "ever": ("{means}",) * 2,
    "days_since_last": SINCE,
    "days_since_first": SINCE,
    "fact": ("{means}: {amount}", "{means}"),
    "score": ("{means}: {amount}", "{means}"),
}
"""The default sentences of each statistic: for any value, and for a value of 1."""

_PLURAL = "(s)"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_YEAR = 365.25
_SHORTEST_YEAR = 360
"""In days: a shorter look-back than this is given in days."""
_MONTH = 30
_HALF_A_YEAR = 180


@dataclass(frozen=True)
class Wording:
    """A declaration's words, with window and plurals written out."""

    means: str
    says: str
    singular: str


def worded(
    statistic: str, means: str, over: int | None, given: Mapping[str, object], history_days: int | None = None
) -> Wording:
    """The words of a feature. `given` may hold `says`, `singular` and `unit`. `history_days` is how far a site looks
    back.
    """
    says = str(given.get("says") or "")
    singular = str(given.get("singular") or says)
    if not says:
        says, of_one = SENTENCES[statistic]
        in_singular = _PLURAL in means or bool(given.get("unit"))
        singular = singular or (says if in_singular else of_one)
    seen = {"window": window(over, history_days)} if over else {}
    return Wording(
        _written(means, seen, "s"),
        _written(fill(says, {"means": means}), seen, "s"),
        _written(fill(singular, {"means": means}), seen, ""),
    )


def window(days: int, history_days: int | None = None) -> str:
    """A window before the as-of date as people say it: "last year", "last 6 months", "last 90 days"."""
    if history_days is not None and history_days < days:
        if history_days < _SHORTEST_YEAR:
            return f"last {history_days} days"
        number = round(history_days / _YEAR, 1)
        return "last year" if number == 1 else f"last {number:g} years"
    number = days // 365
    if number and days == 365 * number + number // 4:
        return "last year" if number == 1 else f"last {number} years"
    if days >= _HALF_A_YEAR and days % _MONTH == 0:
        return f"last {days // _MONTH} months"
    return f"last {days} days"


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with the placeholders in `values` filled in."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def unknown_placeholders(means: str, given: Mapping[str, object]) -> list[str]:
    """Placeholders in a declaration that do not exist, with the nearest known name."""
    if given.get("automatic"):
        return []
    allowed = {"means": ("window",), "says": PLACEHOLDERS, "singular": PLACEHOLDERS}
    texts = {"means": means, **{where: str(given.get(where, "")) for where in ("says", "singular")}}
    return [
        f"{where}: {{{name}}} does not exist; use "
        f"{' or '.join(f'{{{known}}}' for known in _nearest(name, allowed[where]))}"
        for where, text in texts.items()
        for name in _PLACEHOLDER.findall(text)
        if name not in allowed[where]
    ]


def _nearest(name: str, known: Sequence[str]) -> Sequence[str]:
    return get_close_matches(name, known, 1) or known


def _written(text: str, values: Mapping[str, str], plural: str) -> str:
    return fill(text, values).replace(_PLURAL, plural)
