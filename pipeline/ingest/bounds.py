"""Refuses files that would unpack to far more than any extract, before they fill the memory."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress
from pathlib import Path

import polars as pl

from data_schemas.disk import scan_parquet

MOST_TIMES = 100
"""Extracts unpack to 3 to 20 times their size; equal rows to a thousand."""
ALWAYS_FITS = 50_000_000
"""Size in bytes that every machine can handle."""
LOOKED_AT = 65_536
"""Packed bytes at the beginning whose unpacked size is measured."""
MOST_ROWS_PER_BYTE = 10
"""A Parquet file has some bytes for each row; one of equal rows has thousands of rows for each byte."""
TOO_LARGE = (
    "unpacks to far more than an extract does; check what it is, and if it is right, export it again without "
    "compression"
)
_PART = 2**20
_GZIP = 31
"""zlib's number for a gzip header."""


def too_large(path: Path) -> str:
    """Why a file must not be read, as the rest of a sentence that starts with its name. Empty if it may be read."""
    if path.suffix.lower() == ".parquet":
        return TOO_LARGE if _rows(path) > MOST_ROWS_PER_BYTE * path.stat().st_size + ALWAYS_FITS else ""
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
        if not head.startswith(b"\x1f\x8b"):
            return ""
        file.seek(-4, 2)
        whole = int.from_bytes(file.read(4), "little")
    most = max(MOST_TIMES * path.stat().st_size, ALWAYS_FITS)
    is_suspect = whole > most or _looks_endless(head, path.stat().st_size)
    return TOO_LARGE if is_suspect and _unpacks_to_more(path, most) else ""


def _looks_endless(head: bytes, size: int) -> bool:
    """Whether the start of the file unpacks to so many times its size that the whole would not fit (the size at the end
    wraps at 4 GB).
    """
    with suppress(zlib.error):
        unpacked = zlib.decompressobj(_GZIP).decompress(head, MOST_TIMES * LOOKED_AT + 1)
        return len(unpacked) > MOST_TIMES * len(head) and MOST_TIMES * size > ALWAYS_FITS
    return False


def _unpacks_to_more(path: Path, most: int) -> bool:
    """Whether it unpacks to more than the limit, one part at a time. A damaged file does not; its reader reports what
    is wrong.
    """
    unpacked = 0
    with suppress(OSError, EOFError, zlib.error), gzip.open(path) as file:
        while unpacked <= most and (part := file.read(_PART)):
            unpacked += len(part)
    return unpacked > most


def _rows(path: Path) -> int:
    return int(scan_parquet(path).select(pl.len()).collect().item())
