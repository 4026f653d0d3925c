"""Files: written whole or not at all, hashed, and locked against a second run."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import polars as pl
from filelock import FileLock


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends, so that a killed run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write(path: Path, content: bytes | str) -> Path:
    """Write a file whole; text is written as UTF-8 with the line ends it has."""
    with writing(path) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def write_parquet(frame: pl.DataFrame, path: Path, compression: Literal["zstd", "lz4"] = "zstd") -> Path:
    """Write a Parquet file whole; the same rows give the same bytes."""
    with writing(path) as draft:
        frame.write_parquet(draft, compression=compression, statistics=True)
    return path


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def lock(path: Path, mode: int = 0o644) -> Iterator[None]:
    """Hold the lock file `path`: a second run waits until the first is done, and a killed run holds nothing.

    The file stays where it is, with these rights.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path, mode=mode):
        yield
