"""Copies an output folder into one file. Checks the copy when it is made and when it is restored."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, cast

from data_schemas import disk
from data_schemas.errors import ConfigurationError, RunFailed
from flows import databases
from flows.access import FILE as ACCESS
from flows.lock import alone_in
from flows.version import code_version
from pipeline.publish.files import LOCK as PUBLISHING

LIST = "backup.json"
"""Name of the first member, which lists every file with its SHA-256."""
LEFT_OUT = (ACCESS,)
"""Passwords are not in a backup. A restored folder gets new ones."""


def backup(out: Path, target: Path) -> dict[str, Any]:
    """Write a whole output folder into one file, read it again, and describe its content.

    Waits until no run is active. SQLite itself copies databases, so a server can keep using them.
    """
    if not out.is_dir():
        raise ConfigurationError(f"{out}: there is no output folder; give it with --out")
    if target.exists():
        raise ConfigurationError(f"{target}: is there already; give the name of a new file")
    if target.resolve().is_relative_to(out.resolve()):
        raise ConfigurationError(
            f"{target}: is inside the folder to be copied; give a place elsewhere, such as another disk"
        )
    with alone_in(out), disk.lock(out / PUBLISHING), disk.writing(target) as draft:
        with tempfile.TemporaryDirectory(dir=target.parent) as copies, tarfile.open(draft, "w") as archive:
            places = {path.relative_to(out).as_posix(): _steady(path, Path(copies)) for path in _kept(out)}
            places |= databases.dumped(Path(copies))
            hashes = {name: disk.sha256(path) for name, path in places.items()}
            facts = {
                "made": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                "code": code_version(),
                "files": hashes,
            }
            _add(archive, LIST, json.dumps(facts, indent=1).encode())
            for name, path in places.items():
                archive.add(path, name, recursive=False)
        _checked(draft)
    return {
        "written": str(target),
        "files": len(hashes),
        "bytes": target.stat().st_size,
        "checked": "every file, by its SHA-256",
        "databases": sorted(databases.named()),
        "not_in_it": databases.elsewhere(),
    }


def restore(source: Path, out: Path) -> dict[str, Any]:
    """Restore a backup into a folder that does not exist yet or is empty. If any file has changed, it leaves nothing
    there."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigurationError(f"{out}: is not empty; give a new folder with --out")
    facts = _checked(source)
    with disk.for_the_owner_alone():
        out.parent.mkdir(parents=True, exist_ok=True)
        draft = out.with_name(f".{out.name}.restoring")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            with tarfile.open(source) as archive:
                _unpack(archive, facts["files"], draft)
            disk.tighten(draft)
            if out.exists():
                out.rmdir()
            draft.rename(out)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    result = {"restored": str(out), "files": len(facts["files"]), "made": facts["made"], "by": facts["code"]}
    result["databases_loaded"] = databases.loaded(out)
    left = out / databases.FOLDER
    return {**result, "databases_to_load": sorted(map(str, left.iterdir()))} if left.is_dir() else result


def _kept(out: Path) -> list[Path]:
    """The files of an output folder, except locks and passwords."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file() and not path.is_symlink())
    return [path for path in files if path.name not in LEFT_OUT and not path.name.endswith((".lock", "-wal", "-shm"))]


def _steady(path: Path, copies: Path) -> Path:
    """The file, or SQLite's own copy of a database, which is complete even if a program writes to it meanwhile."""
    if path.suffix != ".db":
        return path
    copy = Path(tempfile.mkdtemp(dir=copies)) / path.name
    with contextlib.closing(sqlite3.connect(path)) as there, contextlib.closing(sqlite3.connect(copy)) as here:
        there.backup(here)
    return copy


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), disk.FILE_MODE
    archive.addfile(member, io.BytesIO(content))


def _checked(source: Path) -> dict[str, Any]:
    """Read a backup's description, and check every file in it. Raises RunFailed if a file has changed."""
    try:
        with tarfile.open(source) as archive:
            hashes = {
                member.name: hashlib.file_digest(content, "sha256").hexdigest() for member, content in _members(archive)
            }
            listed = archive.extractfile(LIST)
            facts: dict[str, Any] = json.load(listed) if listed else {}
    except FileNotFoundError:
        raise ConfigurationError(f"{source}: there is no such file") from None
    except (tarfile.TarError, KeyError, ValueError, EOFError):
        raise RunFailed(f"{source}: is not a backup, or is cut off; take another") from None
    wrong = [name for name, was in facts["files"].items() if hashes.get(name) != was]
    if wrong:
        raise RunFailed([f"{source}: {name} is not what it was when the backup was made" for name in wrong])
    return facts


def _unpack(archive: tarfile.TarFile, names: Collection[str], folder: Path) -> None:
    """Write the listed files, with their times. Raises RunFailed if one would be outside the folder.

    Python 3.11.0 to 3.11.3 cannot refuse such a file by themselves.
    """
    for member, content in _members(archive):
        if member.name not in names:
            continue
        place = folder / member.name
        if not place.resolve().is_relative_to(folder.resolve()):
            raise RunFailed(f"{member.name}: would be written outside the folder; take another backup")
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            shutil.copyfileobj(content, file)
        os.utime(place, (member.mtime, member.mtime))


def _members(archive: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, io.BufferedReader]]:
    for member in archive:
        content = archive.extractfile(member)
        if content is not None and member.name != LIST:
            yield member, cast("io.BufferedReader", content)
