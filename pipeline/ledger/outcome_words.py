"""Defines the outcomes of a list, in the words of its drop-down: short forms of the Social Prescribing Information
Standard's groups.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One choice of the drop-down. Its name has no comma, because spreadsheets separate a drop-down's choices with
    commas.
    """

    name: str
    rest_days: int
    """Number of days for which the person then stays off new lists."""
    said: str
    """The words on the next list: "Seen 12 March: took up support"."""
    reached: bool = False
    """Whether the team spoke to the person."""
    seen: bool = False
    taken_up: bool = False
    earlier: tuple[str, ...] = ()
    """Older words for it, which are still accepted."""


_HALF_YEAR, _YEAR, _MONTH = 180, 365, 30
_SEEN = {"reached": True, "seen": True}

OUTCOMES = (
    Outcome(
        "Seen: support taken up",
        _HALF_YEAR,
        "took up support",
        **_SEEN,
        taken_up=True,
        earlier=("Seen: offer taken up",),
    ),
    Outcome(
        "Seen: nothing wanted now",
        _HALF_YEAR,
        "wanted nothing for now",
        **_SEEN,
        earlier=("Seen: no offer wanted now",),
    ),
    Outcome("Already supported", _HALF_YEAR, "is supported already", reached=True),
    Outcome("Declined", _YEAR, "declined", reached=True),
    Outcome("Could not reach", _MONTH, "could not be reached"),
    Outcome("Not suitable: lives in a care home", _YEAR, "lives in a care home"),
    Outcome("Not suitable: end of life", _YEAR, "not suitable"),
    Outcome("Not suitable: moved or died", _YEAR, "moved or died"),
    Outcome("Not suitable: other", _YEAR, "not suitable", earlier=("Not suitable",)),
)
REST_DAYS = {outcome.name: outcome.rest_days for outcome in OUTCOMES}
"""The drop-down's choices, and the days for which the person then stays off lists."""

NEEDS = (
    "Loneliness or isolation", "Money and benefits", "Housing", "Work and learning", "Physical activity", "Diet and weight",
    "Mental wellbeing", "Long-term condition", "Caring for somebody", "Bereavement", "Alcohol, drugs or smoking", "Memory",
    "Falls and getting about", "Transport", "Something else",
)  # fmt: skip
"""Needs discussed: up to three, separated by semicolons."""

ADD_REASONS = (
    "Known to the team", "Asked for by the practice", "Asked for by the person or family", "Recent bereavement", "Recent fall",
    "Left hospital lately", "Other",
)  # fmt: skip
"""Why the team adds a person."""
TAKE_OFF_REASONS = (
    "Lives in a care home", "End of life", "Moved or died", "Supported already", "Does not want to be contacted", "Not safe to contact",
    "Other",
)  # fmt: skip
"""Why the team takes a person off."""
TAKEN_OFF_DAYS = _YEAR
"""Number of days for which a person stays off lists after the team took them off."""


def plain(text: str) -> str:
    """Words in the form used for comparison: without case, punctuation or double spaces."""
    return " ".join(re.sub(r"[^a-z0-9 ]", " ", text.casefold()).split())


_BY_WORDS = {plain(words): outcome for outcome in OUTCOMES for words in (outcome.name, *outcome.earlier)}
BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}


def outcome_in(text: str) -> str | None:
    """The name of the outcome as written, in any case and from any earlier list. None for anything else."""
    outcome = _BY_WORDS.get(plain(text))
    return outcome.name if outcome else None


def choice_in(text: str, choices: tuple[str, ...]) -> str | None:
    """The choice as written, in any case. None for anything else."""
    return {plain(choice): choice for choice in choices}.get(plain(text))
