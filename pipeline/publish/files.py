"""Writes the files of one publication: names, hashes, and the move that makes all of them appear together."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_schemas import disk
from data_schemas.receipts import FileEntry

MANIFEST = "manifest.json"
LOCK = ".publish.lock"
"""Lock held in an output folder while its newest publication is written, approved or withdrawn."""


def folder_names(codes: Sequence[str]) -> dict[str, str]:
    """A folder for each cluster: its code if that is safe on every file system, else a safe form of it with a hash."""
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
    """The files of a publication that are missing or differ from its manifest."""
    listed = json.loads((folder / MANIFEST).read_bytes())["files"]
    return [entry["path"] for entry in listed if _sha256(folder / entry["path"]) != entry["sha256"]]


def _sha256(path: Path) -> str:
    return disk.sha256(path) if path.is_file() else ""
