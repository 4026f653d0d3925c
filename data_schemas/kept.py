"""Keeps what takes seconds to make, and is the same for every site, in a folder of the user."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from data_schemas import disk

HASH_BYTES = hashlib.sha256().digest_size


def folder(name: str) -> Path | None:
    """A folder that only this user can write to, because an installation may be read-only. None if there is none.

    Compiled code is run from it, so a folder of somebody else is not used.
    """
    try:
        home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
        made = Path(home) / "neighbourly" / name
        made.mkdir(parents=True, exist_ok=True)
        return made if _secured(made.parent) and _secured(made) and os.access(made, os.W_OK) else None
    except (OSError, RuntimeError):
        return None


def _secured(path: Path) -> bool:
    """Whether a folder belongs to this user. If so, takes away the rights of others. Always true on Windows."""
    if os.name != "posix":
        return True
    found = path.stat()
    if found.st_uid != os.getuid():
        return False
    if found.st_mode & disk.OTHERS:
        path.chmod(disk.FOLDER_MODE)
    return True


def kept(name: str, make: Callable[[], bytes]) -> bytes:
    """What an earlier process kept under this name, or else what `make` gives, which is kept for the next process.

    The name must have the versions of the libraries that it depends on. A damaged file is made again.
    """
    place = folder("made")
    if place is not None and (known := _whole(place / name)) is not None:
        return known
    content = make()
    if place is not None:
        with suppress(OSError):
            disk.write(place / name, hashlib.sha256(content).digest() + content)
    return content


def _whole(path: Path) -> bytes | None:
    """The content of a file, which follows its hash. None if it is missing or damaged."""
    try:
        written = path.read_bytes()
    except OSError:
        return None
    digest, content = written[:HASH_BYTES], written[HASH_BYTES:]
    return content if hashlib.sha256(content).digest() == digest else None
