"""What each cluster has: the edition of a list that was last delivered to it, and who was on it.

One small file per cluster, in `<out>/store/delivered/`, written again at each delivery, so that the next release is
compared with what people hold in their hands, whichever run it came from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from data_schemas import disk
from data_schemas.receipts import dump, load
from pipeline import words
from pipeline.publish.content import Edition

FOLDER = Path("store") / "delivered"
BEGUN = ".begun"
"""How the file of a delivery ends that has begun: not `.json`, as nobody has it yet."""


@dataclass(frozen=True)
class Held:
    """The list that a cluster has."""

    run: str
    """As-of date."""
    delivered_on: str
    edition: Edition
    people: tuple[str, ...]
    """The main list, sorted."""

    @property
    def name(self) -> str:
        """`edition 1 of 1 April 2026`."""
        return f"edition {self.edition.number} of {words.day(dt.date.fromisoformat(self.run))}"


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


def held(out: Path, folder: str) -> Held | None:
    """What the cluster of this folder name has; None before its first delivery."""
    path = out / FOLDER / f"{folder}.json"
    if not path.exists():
        return None
    return load(Held, path.read_bytes())


def remember(out: Path, folder: str, now: Held) -> None:
    """Note what a cluster was given."""
    disk.write(out / FOLDER / f"{folder}.json", dump(now))
    (out / FOLDER / f"{folder}{BEGUN}").unlink(missing_ok=True)


def begin(out: Path, folder: str, now: Held) -> None:
    """Note what a cluster is about to be given, so that a delivery that was stopped goes on with the same files, on whichever day."""
    disk.write(out / FOLDER / f"{folder}{BEGUN}", dump(now))


def begun(out: Path, folder: str, run: str, people: tuple[str, ...], coming: Edition) -> Edition:
    """The edition that a delivery of the same list began with and did not finish; else the one that comes."""
    path = out / FOLDER / f"{folder}{BEGUN}"
    if not path.exists():
        return coming
    before = load(Held, path.read_bytes())
    is_same = (before.run, before.people, before.edition.number) == (run, people, coming.number)
    return before.edition if is_same else coming


def older(out: Path, before: dt.date) -> Iterator[Path]:
    """The files of clusters whose last list is of an as-of date before a day."""
    for path in sorted((out / FOLDER).glob("*")):
        if dt.date.fromisoformat(load(Held, path.read_bytes()).run) < before:
            yield path


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
