"""Keeps an append-only log. Every line contains the hash of the line before, which reveals any change, gap or
reordering.
"""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_schemas import disk
from data_schemas.errors import RunFailed

START = "0" * 64
"""The hash of the line before, in the first line."""
ENTRIES = "log.jsonl"
HEAD = "head.json"
LOCK = ".log.lock"


@dataclass(frozen=True)
class Entry:
    """One line: what was done, when, by whom and why, without anything about a patient."""

    number: int
    at: str
    action: str
    who: str
    why: str
    facts: dict[str, Any]
    previous: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(_line(self)).hexdigest()


def append(folder: Path, action: str, *, who: str, why: str, **facts: Any) -> Entry:
    """Add an entry and save it to disk before returning. Raises RunFailed if somebody has changed the log."""
    folder.mkdir(parents=True, exist_ok=True)
    with disk.lock(folder / LOCK), (folder / ENTRIES).open("ab") as log:
        entries = checked(folder)
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        last = entries[-1].hash if entries else START
        entry = Entry(len(entries) + 1, now, action, who, why, facts, last)
        _write_head(folder, len(entries), last, coming=entry.hash)
        log.write(_line(entry) + b"\n")
        log.flush()
        os.fsync(log.fileno())
        _write_head(folder, entry.number, entry.hash)
    return entry


def read(folder: Path) -> list[Entry]:
    """All entries, oldest first, without checking the chain. Raises RunFailed if a file is not an entry."""
    try:
        return [Entry(**json.loads(line)) for line in _lines(folder)]
    except (ValueError, TypeError):
        raise RunFailed(f"{ENTRIES}: a line cannot be read: it was changed or cut off") from None


def verify(folder: Path) -> list[str]:
    """Check the log; returns what is wrong, by line. Empty if every entry follows from the one before and none is
    missing at the end.
    """
    problems, previous = [], START
    try:
        entries = read(folder)
    except RunFailed as unread:
        return unread.problems
    for number, (entry, line) in enumerate(zip(entries, _lines(folder), strict=True), start=1):
        if _line(entry) != line:
            problems.append(f"line {number}: is not as it was written; it was changed")
        if entry.number != number:
            problems.append(f"line {number}: is entry {entry.number}; an entry was removed, added or moved")
        if entry.previous != previous:
            problems.append(f"line {number}: does not follow from the line before; one of the two was changed")
        previous = entry.hash
    return problems + _end(folder, entries)


def _end(folder: Path, entries: list[Entry]) -> list[str]:
    """Check the end of the log. The head names the last entry and the next one, so that a missing end or a line added
    by somebody else is found.

    A crash may leave the head one entry behind, never more.
    """
    path = folder / HEAD
    if not path.exists():
        return [f"{HEAD} is missing: the end of the log cannot be checked"] if entries else []
    try:
        head = json.loads(path.read_bytes())
        number, last, coming = int(head["number"]), head["hash"], head.get("coming", "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return [f"{HEAD} cannot be read: it was changed"]
    hashes = [START, *(entry.hash for entry in entries)]
    if len(entries) not in (number, number + 1):
        return [
            f"{HEAD} names entry {number}, the log has {len(entries)}: entries were taken off its end or added outside"
        ]
    if hashes[number] != last:
        return [f"line {number}: is not what {HEAD} says it was: it was changed"]
    if len(entries) > number and hashes[-1] != coming:
        return [f"line {len(entries)}: was not added by this program: it is not in {HEAD}"]
    return []


def checked(folder: Path) -> list[Entry]:
    """All entries, oldest first. Raises RunFailed if the log was changed, because nothing may rely on it then."""
    problems = verify(folder)
    if problems:
        raise RunFailed(
            [f"audit log {folder.name}: {problem}" for problem in problems]
            + ["nothing more is written to it, and nothing is released with it, until people have checked it"]
        )
    return read(folder)


def _write_head(folder: Path, number: int, last: str, coming: str = "") -> None:
    """Write the last entry's name and the hash of the one about to be written."""
    disk.write(
        folder / HEAD, json.dumps({"number": number, "hash": last} | ({"coming": coming} if coming else {})) + "\n"
    )


def _lines(folder: Path) -> list[bytes]:
    path = folder / ENTRIES
    return path.read_bytes().splitlines() if path.exists() else []


def _line(entry: Entry) -> bytes:
    return json.dumps(vars(entry), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def account() -> str:
    """The account on this machine that does something, whatever name the person gave."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
