"""What a run will find at one as-of date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """One as-of date: what it is for, how many people are followed from it, how many have the outcome in its window."""

    as_of: dt.date
    use: str
    """`train`, `test` or `score`."""
    people: int
    outcomes: int | None = None
    left: int | None = None
    """People who are registered nowhere on some day of the window, without the outcome before it."""
