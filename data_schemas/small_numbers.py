"""What may be shown of a single count of people. `pipeline.disclosure` has the rule, and the rules for tables."""

from __future__ import annotations

HIDDEN = "*"
HIDE_UP_TO = 7
ROUND_TO = 5

Count = int | None
"""A count that may be shown; None where it is hidden."""


def protect(count: int) -> Count:
    """One count on its own: None for 1 to 7, else the nearest multiple of 5."""
    return None if 0 < count <= HIDE_UP_TO else (count + ROUND_TO // 2) // ROUND_TO * ROUND_TO


def rounded(count: int) -> int:
    """A count where a number is needed: the nearest multiple of 5, or 0 if it is hidden."""
    return protect(count) or 0


def shown(count: Count) -> str:
    """A protected count as printed."""
    return HIDDEN if count is None else f"{count:,}"
