"""The characters of texts in one piece, for compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from data_schemas.compiling import compiled_and_kept

PLAIN = pl.CompatLevel.oldest()
"""Arrow's plain text columns, which every reader of Arrow and Parquet knows."""

Bytes = npt.NDArray[np.uint8]
Ends = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


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


def texts_at(held: Bytes, begins: Places, ends: Places) -> pl.Series:
    """The texts, in UTF-8, between these places."""
    bounds = np.zeros(len(begins) + 1, np.int64)
    np.cumsum(ends - begins, out=bounds[1:])
    copied = np.empty(bounds[-1], np.uint8)
    copy(held, begins, bounds, copied)
    array = pa.LargeStringArray.from_buffers(len(begins), pa.py_buffer(bounds), pa.py_buffer(copied))
    return pl.Series(array)


@compiled_and_kept
def copy(held: Bytes, begins: Places, bounds: Ends, copied: Bytes) -> None:
    """Copy the texts that begin at some places, one after the other up to their `bounds`."""
    for n in range(len(begins)):
        for at in range(bounds[n], bounds[n + 1]):
            copied[at] = held[begins[n] + at - bounds[n]]
