"""Notes which columns of a file need no tidying, and which texts they hold, while the file is looked through."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import polars as pl

FEW = 100
"""Different texts of a column that are noted. A closed list has fewer."""


class Tidy:
    """The columns that may be tidy, each with its different texts, or None for more than a few."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.texts: dict[str, frozenset[str] | None] = dict.fromkeys(columns, frozenset())
        self._lock = Lock()

    def note(self, column: str, different: pl.Series | None) -> None:
        """Note some different texts of a column, all tidy; None if they are not."""
        with self._lock:  # Polars looks at several parts of a column together
            if different is None:
                self.texts.pop(column, None)
            elif (seen := self.texts.get(column)) is not None:
                few = seen.union(different.drop_nulls()) if len(different) <= FEW else None
                self.texts[column] = few if few is not None and len(few) <= FEW else None
