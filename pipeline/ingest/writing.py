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


def write_frames(path: Path, frames: Iterable[pl.DataFrame], ids: pl.Series | None = None) -> None:
    """One file of all frames, at least one, that have the same columns; the same frames give the same bytes. With the
    `ids` of people, `person_id` follows `person`.
    """
    with ThreadPoolExecutor(1) as ahead:
        made = iter(frames)
        first = next(made)
        schema = _table(first.clear(), ids).schema
        frame: pl.DataFrame | None = first
        del first  # `frame` alone holds it, so that it can go
        # Without Arrow's schema, because with it readers would take pseudonyms for categories.
        packed = {"compression": "zstd", "compression_level": 1, "store_schema": False}
        with pq.ParquetWriter(path, schema, **packed, write_statistics=SKIPPED_BY) as writer:
            while frame is not None:
                coming = ahead.submit(next, made, None)
                parts, frame = list(frame.iter_slices(ROW_GROUP)) or [frame], None
                for part in parts:  # written here, because making a frame takes longer than writing it
                    writer.write_table(_table(part, ids))
                del parts, part  # before the next one is made
                frame = coming.result()


def _table(frame: pl.DataFrame, ids: pl.Series | None) -> pa.Table:
    table = frame.to_arrow(compat_level=PLAIN)
    return table if ids is None else table.add_column(1, "person_id", _ids(frame["person"], ids))


def _ids(person: pl.Series, ids: pl.Series) -> pa.DictionaryArray:
    """The pseudonym of each row, kept once for all rows of a person, as in Parquet."""
    each = ids.gather(person.rle().struct.field("value")).to_arrow(compat_level=PLAIN)
    return pa.DictionaryArray.from_arrays(person.rle_id().cast(pl.Int32).to_arrow(), each.cast(pa.string()))
