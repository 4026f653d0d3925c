"""Explains why a file cannot be read. The reason comes from the file itself, because a library's message may quote a
record.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from data_schemas.compiling import compiled_and_kept

_FIELD_LIMIT = 2**24
_START = 2**16
"""Bytes within which some line must have ended."""
PART = 2**20
"""Bytes of a file that are looked at together."""
NEW_LINE, SPACE, QUOTE, COMMA = b'\n ",'
OLD_LINE_ENDS = "has lines that end with CR alone, as old Mac programs write them; save it with LF or CRLF line ends"


def why_unreadable(path: Path) -> str:
    """What is wrong with an unreadable file, as the rest of a sentence that starts with its name."""
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
        return "is not a readable CSV file; export it again"


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


def short_rows(path: Path) -> list[int]:
    """Rows, counted from 0 after the header, with fewer fields than the header; none where the file is not CSV text.

    Columns without a name at the end of the header, and lines without anything in them, do not count.
    """
    if not _has_short_lines(path):
        return []
    try:
        width = _width(next(_records(path), []))
        rows = enumerate(_records(path))
        return [number - 1 for number, row in rows if len(row) < width and any(map(str.strip, row))]
    except (UnicodeDecodeError, EOFError, OSError, zlib.error, csv.Error):
        return []


def has_plain_lines(path: Path, rows: int) -> bool:
    """Whether each row is one line with as many fields as the header, if it is known that there are `rows` and none
    has more: then the file has no quotation mark, and as many commas as all rows must have together. Counting them
    takes a tenth of the time of looking at each line.
    """
    header = next(_records(path), [])
    missing = (len(header) - 1) * (rows + 1)
    if not missing or _width(header) < len(header):
        return False
    with suppress(EOFError, OSError, zlib.error), opened(path) as file:
        for part in iter(partial(file.read, PART), b""):
            if QUOTE in part:
                return False
            missing -= int(np.count_nonzero(np.frombuffer(part, np.uint8) == COMMA))
        return missing == 0
    return False


def _has_short_lines(path: Path) -> bool:
    """Whether some line has fewer commas outside quotation marks than the header, or a field that continues on the next
    line. Quick; if it says no, only badly quoted files can have one.
    """
    commas, line = _width(next(_records(path), [])) - 1, np.zeros(3, np.int64)
    try:
        with opened(path) as file:
            parts = itertools.chain(iter(partial(file.read, PART), b""), [b"\n"])
            return any(ends_early(np.frombuffer(part, np.uint8), commas, line) for part in parts)
    except (EOFError, OSError, zlib.error):
        return True


@compiled_and_kept
def ends_early(part: npt.NDArray[np.uint8], wanted: int, line: npt.NDArray[np.int64]) -> bool:
    """Whether a line that ends in this part of a file is short. `line` is what the line so far has: commas, whether a
    quotation mark is open, whether there is anything in it.
    """
    commas, is_quoted, is_filled = line
    for byte in part:
        if byte == NEW_LINE:
            if is_filled and (is_quoted or commas < wanted):
                return True
            commas, is_quoted, is_filled = 0, 0, 0
        elif byte == QUOTE:
            is_quoted, is_filled = 1 - is_quoted, 1
        elif byte > SPACE:
            commas += byte == COMMA and not is_quoted
            is_filled = 1
    line[0], line[1], line[2] = commas, is_quoted, is_filled
    return False


def _width(header: list[str]) -> int:
    """Fields of a header, up to the last that has a name."""
    return max((number for number, name in enumerate(header, 1) if name.strip()), default=0)


def has_old_line_ends(path: Path) -> bool:
    """Whether the lines of a text file end with CR alone, which would make one long header of it."""
    try:
        with opened(path) as binary:
            start = binary.read(_START)
    except (OSError, EOFError, zlib.error):
        return False
    return b"\r" in start and b"\n" not in start


def _records(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(_FIELD_LIMIT)
    with opened(path) as binary, io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text:
        yield from csv.reader(text)


def opened(path: Path) -> IO[bytes]:
    """A file for reading, unpacked where it is packed."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]
