"""Notes which columns of a file need no tidying, and which texts they hold, while the file is looked through."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import polars as pl

FEW = 100
"""Different texts of a column that are noted. A closed list has fewer."""
FIRST = 1_000
"""Texts that usually show that there are more than a few."""


class Tidy:
    """The columns that may be tidy, each with its different texts, or None for more than a few."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.texts: dict[str, frozenset[str] | None] = dict.fromkeys(columns, frozenset())
        self._lock = Lock()

    def note(self, column: str, text: pl.Series | None) -> None:
        """Note some texts of a column, all tidy; None if they are not."""
        if text is None:
            with self._lock:  # Polars looks at several parts of a column together
                self.texts.pop(column, None)
        elif self.is_few(column):
            different = text.unique().drop_nulls() if text.head(FIRST).n_unique() <= FEW else None
            with self._lock:
                self._add(column, different)

    def is_few(self, column: str) -> bool:
        """Whether the texts so far are tidy and few."""
        return self.texts.get(column) is not None

    def _add(self, column: str, different: pl.Series | None) -> None:
        if (seen := self.texts.get(column)) is not None:
            few = seen.union(different) if different is not None and len(different) <= FEW else None
            self.texts[column] = few if few is not None and len(few) <= FEW else None
