"""The characters of texts in one piece, for compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

PLAIN = pl.CompatLevel.oldest()
"""Arrow's plain text columns, which every reader of Arrow and Parquet knows."""

Bytes = npt.NDArray[np.uint8]
Ends = npt.NDArray[np.int64]


class Characters(NamedTuple):
    """The bytes of all texts, one after the other; where each text ends: text n is from `ends[n]` to `ends[n + 1]`;
    and whether it is there (1), because a missing text may have bytes, too."""

    bytes: Bytes
    ends: Ends
    known: Bytes


def characters(text: pl.Series) -> Characters:
    """The characters of a column of texts."""
    array = text.rechunk().to_arrow(compat_level=PLAIN)
    bits, ends, held = array.buffers()
    first, last = array.offset, array.offset + len(array)
    known = np.ones(last, np.uint8) if bits is None else np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")
    return Characters(
        np.frombuffer(held or b"", np.uint8), np.frombuffer(ends, np.int64)[first : last + 1], known[first:last]
    )
