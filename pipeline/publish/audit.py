"""An append-only log in which every line holds the hash of the one before, so that a change, a gap or a reordering is found."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_schemas.errors import RunFailed

START = "0" * 64
"""What the first line holds for the hash of the one before."""
ENTRIES = "log.jsonl"
HEAD = "head.json"


@dataclass(frozen=True)
class Entry:
    """One line: what was done, when, by whom and why, and nothing of a patient."""

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
    """Add an entry and put it on disk before returning; raises RunFailed when the log has been tampered with."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ENTRIES).open("a+b") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        entries = _checked(folder)
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        entry = Entry(len(entries) + 1, now, action, who, why, facts, entries[-1].hash if entries else START)
        log.write(_line(entry) + b"\n")
        log.flush()
        os.fsync(log.fileno())
        _write_head(folder, entry)
    return entry


def read(folder: Path) -> list[Entry]:
    """All entries, oldest first, without judging them."""
    path = folder / ENTRIES
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [Entry(**json.loads(line)) for line in lines]


def verify(folder: Path) -> list[str]:
    """What is wrong with the log, by line; empty where every entry follows from the one before and none is missing at the end."""
    problems, previous = [], START
    try:
        entries = read(folder)
    except (ValueError, TypeError):
        return [f"{ENTRIES}: a line cannot be read: it was changed or cut off"]
    for number, entry in enumerate(entries, start=1):
        if entry.number != number:
            problems.append(f"line {number}: is entry {entry.number}; an entry was taken out, put in or moved")
        if entry.previous != previous:
            problems.append(f"line {number}: does not follow from the line before; one of the two was changed")
        previous = entry.hash
    return problems + _end(folder, entries)


def _end(folder: Path, entries: list[Entry]) -> list[str]:
    """The head names the last entry, so that a cut end is found; a crash may leave it one behind, never more."""
    path = folder / HEAD
    if not path.exists():
        return [f"{HEAD} is missing: the end of the log cannot be checked"] if entries else []
    head = json.loads(path.read_bytes())
    if len(entries) not in (head["number"], head["number"] + 1):
        return [
            f"{HEAD} names entry {head['number']}, the log has {len(entries)}: entries were taken off its end or added outside"
        ]
    if entries and entries[head["number"] - 1].hash != head["hash"]:
        return [f"line {head['number']}: is not what {HEAD} says it was: it was changed"]
    return []


def _checked(folder: Path) -> list[Entry]:
    problems = verify(folder)
    if problems:
        raise RunFailed(
            [f"audit log {folder.name}: {problem}" for problem in problems] + ["nothing more is written to it"]
        )
    return read(folder)


def _write_head(folder: Path, entry: Entry) -> None:
    draft = folder / f".{HEAD}"
    draft.write_text(json.dumps({"number": entry.number, "hash": entry.hash}) + "\n")
    draft.replace(folder / HEAD)


def _line(entry: Entry) -> bytes:
    return json.dumps(vars(entry), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
