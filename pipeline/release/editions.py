"""How a list stands against the one that its cluster has, and which edition it would be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from pipeline import disclosure, words
from pipeline.ledger.delivered import Edition, Held


@dataclass(frozen=True)
class Change:
    """How a cluster's main list stands against the one that it has."""

    against: str
    """What it has; empty where it has none."""
    stayed: int
    joined: int
    left: int

    def __str__(self) -> str:
        if not self.against:
            return "its first list"
        return f"{self.stayed} stay, {self.joined} come on, {self.left} go off, against {self.against}"

    @property
    def protected(self) -> str:
        """The same in counts as they may be shown to anybody; how many stay would tell how many come on."""
        if not self.against:
            return str(self)
        joined, left = (disclosure.shown(disclosure.protect(count)) for count in (self.joined, self.left))
        return f"{joined} come on, {left} go off, against {self.against}"


def change(before: Held | None, people: Collection[str]) -> Change:
    """The people of a main list against those of the list that the cluster has."""
    now, then = set(people), set(before.people if before else ())
    return Change(before.name if before else "", len(now & then), len(now - then), len(then - now))


def following(before: Held | None, run: str, people: Collection[str], gone: Collection[str], today: dt.date) -> Edition:
    """The edition that these people would be: the first of a run, or the next, with who comes on and who goes off.

    Those who died, moved or opted out (`gone`) are not named as gone off: their pseudonyms leave every file.
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
