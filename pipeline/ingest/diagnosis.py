"""Why a file cannot be read, in words: worked out from the file itself, for a library's message may quote a record."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_FIELD_LIMIT = 2**24


def why_unreadable(path: Path) -> str:
    """What is wrong with a file that could not be read, as the rest of a sentence that starts with its name."""
    if path.stat().st_size == 0:
        return "is empty, without even a header; export it again"
    if path.suffix.lower() == ".parquet":
        return "is not a Parquet file, or is damaged; export it again"
    try:
        return _why_csv(path)
    except UnicodeDecodeError:
        return "is not UTF-8 text; export it as UTF-8"
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return "is damaged or cut off: it cannot be unpacked; copy or export it again"
    except csv.Error:
        return "is not a CSV file that can be read; export it again"


def _why_csv(path: Path) -> str:
    if (header := next(_records(path), None)) is None:
        return "is empty, without even a header; export it again"
    if any(len(row) > len(header) for row in _records(path)):
        return "has rows with more fields than its header; put fields that hold commas or quotes in quotes"
    return "has quotation marks that do not pair up; double those inside a field, and put the field in quotes"


def ragged_rows(path: Path) -> list[int]:
    """Rows, counted from 0 after the header, with more fields than the header; none where the file is not CSV text."""
    try:
        header = next(_records(path), [])
        return [number - 1 for number, row in enumerate(_records(path)) if len(row) > len(header)]
    except (UnicodeDecodeError, EOFError, OSError, zlib.error, csv.Error):
        return []


def _records(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(_FIELD_LIMIT)
    with _opened(path) as binary, io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text:
        yield from csv.reader(text)


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]
