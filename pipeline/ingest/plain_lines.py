"""Looks through a CSV file in which each row is one line, in compiled code: in a sixth of the time of parsing it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO

import numpy as np
import polars as pl

from pipeline.engine import AT_ONCE
from pipeline.ingest.characters import Bytes, texts_at
from pipeline.ingest.diagnosis import PART
from pipeline.ingest.harmless import NOT_PLAIN, find_doubtful_fields, words_for_nothing

ENOUGH = 8_000
"""Doubtful texts of a column that are looked at together, because patterns take a millisecond to prepare."""


@dataclass(frozen=True)
class Counts:
    """The rows of a file, and for each column how many are filled and how many look identifying."""

    rows: int
    filled: Mapping[str, int]
    suspicious: Mapping[str, int]


class PlainLines:
    """A look through a file. `signs` gives the number of suspicious ones among some texts of a column, and is given
    those that are doubtful, or all texts of columns that are `wanted`.
    """

    def __init__(
        self,
        columns: Sequence[str],
        nothing: Collection[str],
        signs: Callable[[str, pl.Series], int],
        wanted: Callable[[str], bool],
    ) -> None:
        self._columns, self._signs, self._wanted = columns, signs, wanted
        self._starts = words_for_nothing(nothing)
        self._filled = np.zeros(len(columns), np.int64)
        self._suspicious = dict.fromkeys(columns, 0)
        self._waiting: dict[str, list[pl.Series]] = {name: [] for name in columns}
        self._rows, self._is_plain = 0, True
        self._reading, self._counting = Lock(), Lock()

    def counts(self, path: Path) -> Counts | None:
        """The counts of a whole file; None if some row of it is not one line of UTF-8 text with as many fields as the
        header and no quotation mark.
        """
        with path.open("rb") as file:
            header = file.readline(PART).decode("utf-8-sig", errors="replace").rstrip("\r\n")
            if len(self._columns) == 1 or header.split(",") != [*self._columns]:
                return None
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(self._look_through, [file] * AT_ONCE))
        if not self._is_plain:
            return None
        for name in self._columns:
            self._decide(name, self._waiting[name])
        return Counts(self._rows, dict(zip(self._columns, self._filled.tolist(), strict=True)), self._suspicious)

    def _look_through(self, file: IO[bytes]) -> None:
        """Look at one part of the file after the other, as another thread does, until it ends or is not plain."""
        while self._is_plain and (part := self._next(file)):
            if not _is_text(part) or not self._look(np.frombuffer(part, np.uint8)):
                self._is_plain = False

    def _next(self, file: IO[bytes]) -> bytes:
        """Whole lines. One that is longer than a part is cut, and then counts as not plain."""
        with self._reading:
            part = file.read(PART) + file.readline(PART)
        return part if not part or part.endswith(b"\n") else part + b"\n"

    def _look(self, held: Bytes) -> bool:
        """Count what is in a part. Returns whether it is plain."""
        filled = np.zeros_like(self._filled)
        fields = np.empty((len(held) // 2 + 1, 3), np.int32)
        wanted = np.array([self._wanted(name) for name in self._columns])
        count, rows = find_doubtful_fields(held, self._starts, wanted, filled, fields)
        if rows == NOT_PLAIN:
            return False
        with self._counting:
            self._rows += rows
            self._filled += filled
        column, begins, ends = fields[:count].T
        for number in np.flatnonzero(np.bincount(column)):
            name, here = self._columns[int(number)], column == number
            self._add(name, texts_at(held, begins[here], ends[here]))
        return True

    def _add(self, name: str, text: pl.Series) -> None:
        """Let some texts of a column wait until there are enough of them."""
        with self._counting:
            texts = [*self._waiting[name], text]
            has_enough = sum(map(len, texts)) >= ENOUGH
            self._waiting[name] = [] if has_enough else texts
        if has_enough:
            self._decide(name, texts)

    def _decide(self, name: str, texts: list[pl.Series]) -> None:
        """Count the suspicious ones among some texts of a column."""
        signs = self._signs(name, pl.concat(texts)) if texts else 0
        with self._counting:
            self._suspicious[name] += signs


def _is_text(part: bytes) -> bool:
    try:
        return part.isascii() or bool(part.decode())
    except UnicodeDecodeError:
        return False
