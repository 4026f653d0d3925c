"""Compares a list with the one that its cluster has, and works out its edition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from pipeline import disclosure, words
from pipeline.ledger.delivered import Edition, Held


@dataclass(frozen=True)
class Change:
    """How a cluster's main list differs from its current one."""

    against: str
    """The cluster's current list. Empty if it has none."""
    stayed: int
    joined: int
    left: int

    def __str__(self) -> str:
        if not self.against:
            return "its first list"
        return f"on both: {self.stayed}, added: {self.joined}, taken off: {self.left}, against {self.against}"

    @property
    def protected(self) -> str:
        """The same in protected counts, which anybody may see. The number who stay is left out, because it would reveal
        how many are new.
        """
        if not self.against:
            return str(self)
        joined, left = (disclosure.shown(disclosure.protect(count)) for count in (self.joined, self.left))
        return f"added: {joined}, taken off: {left}, against {self.against}"


def change(before: Held | None, people: Collection[str]) -> Change:
    """Compare the people of a main list with those on the cluster's current list."""
    now, then = set(people), set(before.people if before else ())
    return Change(before.name if before else "", len(now & then), len(now - then), len(then - now))


def following(before: Held | None, run: str, people: Collection[str], gone: Collection[str], today: dt.date) -> Edition:
    """The edition for these people: the first of a run, or the next one with who is new and who is no longer on it.

    People who died, moved or opted out (`gone`) are not named, because their pseudonyms are removed from every file.
    """
    if before is None or before.run != run:
        return Edition(released_on=str(today))
    now, then = set(people), set(before.people)
    delivered = words.day(dt.date.fromisoformat(before.delivered_on))
    return Edition(
        number=before.edition.number + 1,
        replaces=f"edition {before.edition.number}, delivered on {delivered}",
        joined=tuple(sorted(now - then)),
        left=tuple(sorted(then - now - set(gone))),
        released_on=str(today),
    )
