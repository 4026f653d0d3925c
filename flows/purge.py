"""Removes old rows about people everywhere, for data retention. Counts, models and the audit log stay."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_schemas.errors import ConfigurationError
from flows import past_runs
from flows.lock import alone_in
from pipeline.ledger import delivered, entries
from pipeline.release import audit
from pipeline.release.review import AUDIT

DATED = re.compile(r"\.?(\d{4}-\d{2}-\d{2})\b.*")
PEOPLE = ("scores", "contributions", "bed-days", "snapshots", "influence")
"""Folders of the store whose entries are named after their as-of date."""
UNDATED = ("tables", "events", "quarantine", "people.parquet")
"""Parts of the store made from the newest extracts. They are old if no extracts were ingested since."""
KEPT = ("report.json", "model-card.md", "borough.html")
"""Files of a run that contain nothing about people. They are kept in `purged/`."""
DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def days(age: str) -> int:
    """Turn `2y`, `18m`, `12w` or `90d` into days. Raises `ConfigurationError` for anything else."""
    match = re.fullmatch(r"([1-9]\d{0,4})([dwmy])", age)
    if not match:
        raise ConfigurationError(f"--older-than: found {age!r}; accepted: a number and d, w, m or y, such as 2y or 90d")
    return int(match[1]) * DAYS[match[2]]


def purge(out: Path, age: str, feedback: Path | None, *, really: bool) -> dict[str, Any]:
    """Remove data that are older, or report what would be removed. The ledger is purged row by row, and databases
    release their space."""
    before = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=days(age))
    if not out.is_dir():
        raise ConfigurationError(f"{out}: there is no output folder; give it with --out")
    with alone_in(out):
        paths = sorted(
            {
                *_dated(out, before),
                *_undated(out, before),
                *delivered.older(out / "store", before),
                *_files(feedback, before),
                *_files(out / "store" / "mesh", before),
            }
        )
        rows = entries.purge(out / "store", before, dry_run=not really)
        names = [str(path.relative_to(out) if path.is_relative_to(out) else path) for path in paths]
        removed = "removed" if really else "would_go"
        done: dict[str, Any] = {"before": str(before), removed: names, "ledger_rows": rows}
        done["prefect_runs"] = past_runs.forget(before) if really else past_runs.count(before)
        done["prefect_records"] = past_runs.where()
        if not really:
            return {**done, "nothing_was_removed": "look at the list, then run it again with --yes"}
        for path in paths:
            _remove(path, out)
        audit.append(
            out / AUDIT,
            "purged",
            who=audit.account(),
            why=f"older than {age}",
            before=str(before),
            places=len(paths),
            ledger_rows=rows,
            prefect_runs=done["prefect_runs"],
        )
        return {**done, "vacuumed": [path.name for path in _databases(out) if _vacuum(path)]}


def _dated(out: Path, before: dt.date) -> Iterator[Path]:
    """Find old runs, what was released from them, and what the store has for their as-of dates."""
    places = [out, *(out / "store" / name for name in PEOPLE), *(out / "released").glob("*")]
    for entry in (entry for place in places if place.is_dir() for entry in place.iterdir()):
        match = DATED.fullmatch(entry.name)
        if match and dt.date.fromisoformat(match[1]) < before:
            yield entry


def _undated(out: Path, before: dt.date) -> Iterator[Path]:
    parts = [path for name in UNDATED if (path := out / "store" / name).exists()]
    if parts and max(map(_changed, parts)) < before:
        yield from parts


def _files(folder: Path | None, before: dt.date) -> Iterator[Path]:
    if folder and folder.is_dir():
        yield from (path for path in folder.rglob("*") if path.is_file() and _changed(path) < before)


def _changed(path: Path) -> dt.date:
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date()


def _remove(path: Path, out: Path) -> None:
    """Remove a file or a folder. Files of a run that contain nothing about people are kept."""
    if (path / "manifest.json").exists() and path.parent == out:
        kept = out / "purged" / path.name
        kept.mkdir(parents=True, exist_ok=True)
        for name in KEPT:
            with contextlib.suppress(FileNotFoundError):
                shutil.copy2(path / name, kept / name)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _databases(out: Path) -> list[Path]:
    return [path for path in (out / "mlflow.db", past_runs.file()) if path.exists()]


def _vacuum(path: Path) -> bool:
    """Release the space of deleted rows. False if another program holds the database."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=5)) as database:
            database.execute("VACUUM")
    except sqlite3.DatabaseError:
        return False
    return True
