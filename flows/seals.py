"""Stores receipts with the hashes of the files they name, and with paths that stay valid if the output folder moves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_schemas import receipts
from data_schemas.disk import sha256

OUT = "{out}"
"""Placeholder for the output folder."""
PATHS = ("path", "folder")
"""Fields of receipts that are paths, in addition to those that end in `_path`."""
RECEIPT = "its receipt"
"""The name that is reported if the receipt itself is damaged."""
LAST = ("log.json", "snapshot.json")
"""The last file written to a folder of several files. Without it, the folder is made again."""


@dataclass(frozen=True)
class Sealed:
    """A receipt, and the SHA-256 of every file that it names, by the file's path in the output folder."""

    receipt: Any
    files: dict[str, str]
    is_whole: bool = True
    """Whether the receipt itself is unchanged."""


def seal(receipt: Any, out: Path) -> Sealed:
    """Seal the receipt of a step that has just finished."""
    files = {file for path in paths(receipt) if path.is_relative_to(out) for file in _files(path)}
    hashes = {file.relative_to(out).as_posix(): sha256(file) for file in sorted(files)}
    return Sealed(_moved(receipt, str(out), OUT), hashes)


def opened(sealed: Sealed, out: Path) -> Any:
    """Open a receipt, with paths in this output folder, even if the folder has moved since."""
    return _moved(sealed.receipt, OUT, str(out))


def portable(thing: Any, out: Path) -> Any:
    """Make plain data, with paths relative to the output folder: `store/tables/admissions.parquet`."""
    return _replaced(thing, f"{out}/", "")


def damaged(sealed: Sealed, out: Path) -> list[str]:
    """List the files that are missing or have changed."""
    if not sealed.is_whole:
        return [RECEIPT]
    return [name for name, was in sealed.files.items() if not (out / name).is_file() or sha256(out / name) != was]


def discard(names: list[str], out: Path) -> None:
    """Remove damaged files, and the files that mark their folders complete, so that the step makes them again."""
    for path in (out / name for name in names):
        for gone in (path, *(path.parent / last for last in LAST), *(path.parent.parent / last for last in LAST)):
            gone.unlink(missing_ok=True)


def paths(thing: object) -> Iterator[Path]:
    """List the paths in a receipt: its fields, and those of receipts in it, whose names show that they are paths."""
    if isinstance(thing, Mapping):
        for value in thing.values():
            yield from paths(value)
    elif dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            value = getattr(thing, field.name)
            if isinstance(value, str) and (field.name in PATHS or field.name.endswith("_path")):
                yield Path(value)
            else:
                yield from paths(value)


def _files(path: Path) -> Iterator[Path]:
    yield from (file for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())


def _moved(receipt: Any, old: str, new: str) -> Any:
    """The receipt with its paths under another folder."""
    plain = _replaced(json.loads(receipts.dump(receipt)), old, new)
    return receipts.load(type(receipt), json.dumps(plain))


def _replaced(thing: Any, old: str, new: str) -> Any:
    if isinstance(thing, dict):
        return {key: _replaced(value, old, new) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_replaced(value, old, new) for value in thing]
    is_path = isinstance(thing, str) and (thing == old or thing.startswith(f"{old.removesuffix('/')}/"))
    return f"{new}{thing[len(old) :]}" if is_path else thing
