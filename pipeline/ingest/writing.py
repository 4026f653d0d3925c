"""Parquet written a frame at a time, while the next one is made: two are in memory."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.ingest.characters import PLAIN

ROW_GROUP = 131_072
"""Rows of a row group: a reader of some consecutive people skips the others."""
SKIPPED_BY = ["person"]
"""Columns whose least and greatest value are written; those of other columns would help no reader."""


def write_frames(path: Path, frames: Iterable[pl.DataFrame]) -> None:
    """One file of all frames, at least one, that have the same columns; the same frames give the same bytes."""
    with ThreadPoolExecutor(1) as ahead:
        made = iter(frames)
        first = next(made)
        schema = _table(first.clear()).schema
        frame: pl.DataFrame | None = first
        del first  # `frame` alone holds it, so that it can go
        packed = {"compression": "zstd", "compression_level": 3}
        with pq.ParquetWriter(path, schema, **packed, write_statistics=SKIPPED_BY) as writer:
            while frame is not None:
                coming = ahead.submit(next, made, None)
                table, frame = _table(frame), None  # here, because making a frame takes longer than writing it
                writer.write_table(table, row_group_size=ROW_GROUP)
                del table  # before the next one is made
                frame = coming.result()


def _table(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=PLAIN)
