"""Where a row stood and what is wrong with it, in one number, so that rows that need neither are staged faster.

The number grows with the file and then with the row, and every row of a table has its own.
"""

from __future__ import annotations

import polars as pl

from data_schemas.profiles.translate import STANDING

FILE, ROW = "_file", "_row"
"""Where a row stood: number of its file, and its place there."""
RULE = "_rule"
"""Which rule it breaks; null for none."""
MARK = "_mark"
UNBROKEN = 2**8 - 1
_PARTS = {FILE: (48, 16, pl.UInt16), ROW: (16, 32, pl.UInt32), STANDING: (8, 8, pl.UInt8), RULE: (0, 8, pl.UInt8)}
"""Part → its first bit, how many it has, and its type."""


def marked() -> pl.Expr:
    """The number of each row."""
    parts = [pl.col(name).cast(pl.UInt64).fill_null(UNBROKEN) * 2**first for name, (first, *_) in _PARTS.items()]
    return pl.sum_horizontal(parts).alias(MARK)


def part(name: str) -> pl.Expr:
    """One part of the number."""
    first, bits, dtype = _PARTS[name]
    value = (pl.col(MARK) // 2**first % 2**bits).cast(dtype)
    return (pl.when(value != UNBROKEN).then(value) if name == RULE else value).alias(name)
