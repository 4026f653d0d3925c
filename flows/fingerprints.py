"""What the results of steps depend on, as hashes of files, and whether what a receipt points to is still there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

from data_schemas.disk import sha256
from data_schemas.receipts import EventLog, Snapshot
from pipeline.settings import Settings
from pipeline.snapshots import is_whole

PATHS = ("path", "folder", "store")
"""Fields of receipts that are paths, beside those that end in `_path`."""


def content(settings: Settings) -> dict[str, str]:
    """SHA-256 of every extract file."""
    files = {file for extract in settings.extracts.values() for file in extract.files}
    return {str(path): sha256(path) for path in sorted(files)}


def declared(settings: Settings) -> dict[str, str]:
    """SHA-256 of the site's own feature modules and code lists."""
    own = [settings.folder / f"{module.replace('.', '/')}.py" for module in settings.features.modules]
    return {str(path): sha256(path) for path in (*own, *settings.features.codelists) if path.exists()}


def intact(receipt: object, out: Path) -> bool:
    """Whether all that a cached receipt points to is still there, and in this output folder: it may have been moved or copied."""
    match receipt:
        case EventLog() if len(list(Path(receipt.path).glob("*.parquet"))) != receipt.buckets:
            return False
        case Snapshot() if not is_whole(receipt.folder):
            return False
    return all(path.exists() and path.is_relative_to(out) for path in _paths(receipt))


def _paths(thing: object) -> Iterator[Path]:
    """What a receipt points to: the fields of it, and of the receipts in it, that are paths by their names."""
    if isinstance(thing, Mapping):
        for value in thing.values():
            yield from _paths(value)
    elif dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            value = getattr(thing, field.name)
            if isinstance(value, str) and (field.name in PATHS or field.name.endswith("_path")):
                yield Path(value)
            else:
                yield from _paths(value)
