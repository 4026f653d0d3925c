"""Files: written in one step, hashed, and locked against a second run."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import polars as pl
from filelock import FileLock, Timeout

OTHERS = 0o077
"""All permissions except the owner's."""
FILE_MODE, FOLDER_MODE = 0o600, 0o700
read_parquet, scan_parquet = partial(pl.read_parquet, glob=False), partial(pl.scan_parquet, glob=False)
read_csv, scan_csv = partial(pl.read_csv, glob=False), partial(pl.scan_csv, glob=False)
scan_arrow = partial(pl.scan_ipc, glob=False)
"""Take paths literally: Polars otherwise reads `*`, `?` and brackets in any folder name as a pattern."""
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextlib.contextmanager
def for_the_owner_alone() -> Iterator[None]:
    """Inside the block, files that this process (or its children) makes are readable by the owner only, whatever the
    umask.
    """
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def tighten(folder: Path, but: Collection[str] = ()) -> int:
    """Remove everybody else's permissions from files that were made under another umask. Returns how many files
    changed.

    `but` names entries of the folder that others may read.
    """
    changed = 0
    for path in [folder, *(path for entry in folder.iterdir() if entry.name not in but for path in _within(entry))]:
        mode = path.lstat().st_mode
        if mode & OTHERS and not path.is_symlink():
            path.chmod(mode & 0o7777 & ~OTHERS)
            changed += 1
    return changed


def _within(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        yield from path.rglob("*")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path next to `path`. It replaces `path` when the block ends, so a killed run never leaves half a
    file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write(path: Path, content: bytes | str) -> Path:
    """Write a file in one step. Text is UTF-8 and keeps its line endings."""
    with writing(path) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def write_parquet(
    frame: pl.DataFrame, path: Path, compression: Literal["zstd", "lz4"] = "zstd", row_group: int | None = None
) -> Path:
    """Write a Parquet file in one step. The same rows give the same bytes. A reader of some rows skips row groups."""
    with writing(path) as draft:
        frame.write_parquet(draft, compression=compression, statistics=True, row_group_size=row_group)
    return path


def write_arrow(frame: pl.DataFrame, path: Path) -> Path:
    """Write an Arrow file in one step, uncompressed: for what is read again soon and then deleted."""
    with writing(path) as draft:
        frame.write_ipc(draft, compression="uncompressed")
    return path


def read_arrow(path: Path) -> pl.DataFrame:
    """Read an Arrow file."""
    return scan_arrow(path).collect()


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, as hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sqlite_address(path: Path) -> str:
    """The address of a database file for SQLAlchemy, which unquotes it.

    The address names the driver, because MLflow creates a folder for any other SQLite address before it is unquoted.
    """
    return f"sqlite+pysqlite:///{quote(str(path), safe='/:')}"


@contextlib.contextmanager
def lock(path: Path, wait: Callable[[str], None] = lambda _: None, who: str = "") -> Iterator[None]:
    """Hold the lock file `path`. A second run waits until the first one is done; a killed run holds nothing.

    `who` is written into the file. `wait` is called with the holder's name before waiting begins. The file is not
    deleted.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(path, mode=FILE_MODE)
    try:
        held.acquire(timeout=0)
    except Timeout:
        wait(_holder(path))
        _acquire(held, path)
    try:
        path.write_text(who, encoding="utf-8")
        yield
    finally:
        held.release()


def _holder(path: Path) -> str:
    """The name in a lock file; empty if the file has gone."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8")
    return ""


def _acquire(held: FileLock, path: Path) -> None:
    """Wait for a lock. Its holder may have deleted the folder because it was empty."""
    while not held.is_locked:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            held.acquire()


def drafts(folder: Path) -> Iterator[Path]:
    """Temporary files that `writing` leaves in a folder when it is killed."""
    yield from folder.rglob(".*.tmp")


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A folder to build in. It replaces the target in one step when the block ends. Call it under `lock`.

    If the process is killed, the target is either the previous complete folder or the new one.
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
    """Clear what a killed run left next to the target, putting the previous folder back where only the first of two
    renames was done."""
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
