"""Records what each cluster holds: the edition of a list last delivered to it, and who was on it.

`<store>/delivered/` has one small file per cluster, rewritten at each delivery. The next release is compared with it,
whichever run it came from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from data_schemas import disk
from data_schemas.pseudonyms import Kind, folded
from data_schemas.receipts import dump, load
from pipeline import words

FOLDER = "delivered"
BEGUN = ".begun"
"""File ending for an unfinished delivery. It is not `.json`, because nobody has the list yet."""


@dataclass(frozen=True)
class Edition:
    """A list's edition: its number among the lists of one as-of date, and how it differs from the last one."""

    number: int = 1
    replaces: str = ""
    """`edition 1, delivered on 3 April 2026`. Empty for the first edition."""
    joined: tuple[str, ...] = ()
    """Pseudonyms on the main list that were not on the edition before."""
    left: tuple[str, ...] = ()
    """People on the edition before and not on this one, except those who died, moved or opted out."""
    released_on: str = ""
    """Day of its first delivery, ISO 8601. Empty for a list that nobody has released."""

    def __str__(self) -> str:
        return f"Edition {self.number}" if self.released_on else "Draft"


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

    def without(self, gone: Collection[str], kind: Kind) -> Held:
        """The same list without people who are `gone`."""
        joined, left = _without(self.edition.joined, gone, kind), _without(self.edition.left, gone, kind)
        edition = replace(self.edition, joined=joined, left=left)
        return replace(self, edition=edition, people=_without(self.people, gone, kind))


def held(store: Path, folder: str) -> Held | None:
    """The list of the cluster with this folder name. None before its first delivery."""
    path = store / FOLDER / f"{folder}.json"
    return load(Held, path.read_bytes()) if path.exists() else None


def remember(store: Path, folder: str, now: Held) -> None:
    """Record which list a cluster was given."""
    disk.write(store / FOLDER / f"{folder}.json", dump(now))
    (store / FOLDER / f"{folder}{BEGUN}").unlink(missing_ok=True)


def begin(store: Path, folder: str, now: Held) -> None:
    """Record what is about to be delivered to a cluster, so that a stopped delivery continues with the same files on
    any day.
    """
    disk.write(store / FOLDER / f"{folder}{BEGUN}", dump(now))


def begun(store: Path, folder: str, run: str, people: tuple[str, ...], coming: Edition) -> Edition:
    """The edition of an unfinished delivery of the same list, or else the next edition."""
    path = store / FOLDER / f"{folder}{BEGUN}"
    if not path.exists():
        return coming
    before = load(Held, path.read_bytes())
    is_same = (before.run, before.people, before.edition.number) == (run, people, coming.number)
    return before.edition if is_same else coming


def forget(store: Path, people: Collection[str], kind: Kind = "exact") -> int:
    """Remove people who opted out. Returns how many clusters have a list with one of them. `kind` says how pseudonyms
    are compared.
    """
    gone, changed = set(_compared(people, kind)), 0
    for path, before in _all(store):
        now = before.without(gone, kind)
        if now != before:
            disk.write(path, dump(now))
            changed += path.suffix == ".json"
    return changed


def older(store: Path, before: dt.date) -> Iterator[Path]:
    """The files of clusters whose last list has an as-of date before a day."""
    return (path for path, each in _all(store) if dt.date.fromisoformat(each.run) < before)


def _all(store: Path) -> Iterator[tuple[Path, Held]]:
    return ((path, load(Held, path.read_bytes())) for path in sorted((store / FOLDER).glob("*")))


def _without(people: Collection[str], gone: Collection[str], kind: Kind) -> tuple[str, ...]:
    pairs = zip(people, _compared(people, kind), strict=True)
    return tuple(person for person, compared in pairs if compared not in gone)


def _compared(people: Collection[str], kind: Kind) -> list[str]:
    named = pl.DataFrame({"person_id": list(people)}, schema={"person_id": pl.String})
    return named.select(folded(pl.col("person_id"), kind))["person_id"].to_list()
