"""The files of one publication: names, hashes, and the swap that makes them appear all at once."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data_schemas import disk
from data_schemas.receipts import FileEntry

MANIFEST = "manifest.json"
LOCK = ".publish.lock"
"""Held in an output folder while its newest publication is written, approved or withdrawn."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def folder_names(codes: Sequence[str]) -> dict[str, str]:
    """A folder for each cluster: its code where that is safe on every file system, else a safe form of it with a hash."""
    folded = Counter(code.casefold() for code in codes)
    return {code: code if _is_safe(code) and folded[code.casefold()] == 1 else _safe_form(code) for code in codes}


def _is_safe(code: str) -> bool:
    plain = re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9 ._-]{0,60}[A-Za-z0-9_-])?", code)
    return plain is not None and not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", code.casefold())


def _safe_form(code: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9_-]', '_', code)[:40]}-{hashlib.sha256(code.encode()).hexdigest()[:8]}"


class Drafts:
    """Files written into a folder, each with its hash and rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[FileEntry] = []

    def add(self, path: str, content: bytes, rows: int | None = None) -> None:
        """Write one file; `path` is relative to the folder."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.entries.append(FileEntry(path, hashlib.sha256(content).hexdigest(), rows))

    def close(self, facts: dict[str, Any]) -> list[FileEntry]:
        """Write the manifest, last; returns its entries by path."""
        entries = sorted(self.entries, key=lambda entry: entry.path)
        files = [{"path": entry.path, "sha256": entry.sha256, "rows": entry.rows} for entry in entries]
        (self.folder / MANIFEST).write_bytes(as_json({**facts, "files": files}))
        return entries


def as_json(content: object) -> bytes:
    """Readable JSON, the same bytes for the same content; dates as ISO 8601."""
    return (json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n").encode()


def damaged(folder: Path) -> list[str]:
    """The files of a publication that are missing or are not what its manifest says."""
    listed = json.loads((folder / MANIFEST).read_bytes())["files"]
    return [entry["path"] for entry in listed if _sha256(folder / entry["path"]) != entry["sha256"]]


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A folder to build in that takes the target's place, whole, when the block ends; call it under `disk.lock`.

    Killed at any moment, the target is the previous complete folder or the new one.
    """
    recover(target)
    draft, old = _beside(target)
    draft.mkdir(parents=True)
    yield draft
    if target.exists():
        _exchange(draft, target, old)
    else:
        draft.rename(target)
    recover(target)


def recover(target: Path) -> None:
    """Clear what a killed run left beside the target, putting the previous folder back where only the first of two renames was done."""
    draft, old = _beside(target)
    if old.exists() and not target.exists():
        old.rename(target)
    for left_over in (draft, old):
        shutil.rmtree(left_over, ignore_errors=True)


def _beside(target: Path) -> tuple[Path, Path]:
    return target.with_name(f".{target.name}.draft"), target.with_name(f".{target.name}.old")


def _exchange(draft: Path, target: Path, old: Path) -> None:
    """Swap two folders in one step where the system can; else in two, the next run fills the gap."""
    if not _renameat2(draft, target):
        target.rename(old)
        draft.rename(target)


def _renameat2(first: Path, second: Path) -> bool:
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    paths = (_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE)
    return rename is not None and rename(*paths) == 0


def _sha256(path: Path) -> str:
    return disk.sha256(path) if path.is_file() else ""
