"""Parquet written a frame at a time, so that one frame is in memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

ROW_GROUP = 131_072
"""Rows of a row group: a reader of some consecutive people skips the others."""
PLAIN = pl.CompatLevel.oldest()
"""Arrow's plain text columns, which every reader of Parquet knows."""


def write_frames(path: Path, frames: Iterable[pl.DataFrame]) -> None:
    """One file of all frames, at least one, that have the same columns; the same frames give the same bytes."""
    tables = (frame.to_arrow(compat_level=PLAIN) for frame in frames)
    first = next(tables)
    with pq.ParquetWriter(path, first.schema, compression="zstd", compression_level=3) as writer:
        writer.write_table(first, row_group_size=ROW_GROUP)
        for table in tables:
            writer.write_table(table, row_group_size=ROW_GROUP)
