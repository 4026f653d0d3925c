"""What a run will have at one as-of date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """One as-of date: its use, how many people are followed from it, and how many have the outcome in its window."""

    as_of: dt.date
    use: str
    """`train`, `test` or `score`."""
    people: int
    outcomes: int | None = None
    left: int | None = None
    """People who are not registered on some day of the window, without the outcome before it."""
