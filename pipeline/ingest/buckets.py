"""Buckets of people on disk: where each begins, and the files in which its rows are."""

from __future__ import annotations

from functools import partial
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import polars as pl
from polars.io.partition import FileProviderArgs

from data_schemas.pseudonyms import Kind
from pipeline.ingest.sources import Table

BUCKET = "_bucket"
FILES_AT_ONCE = 4
"""Files read together. Polars begins all files of a query at once, so a table of many small ones would be in memory
whole.
"""
SAMPLED = 100_000
"""Approximate rows of a table that show where its buckets should begin."""
SMALLEST_BATCH, LARGEST_BATCH = 16_384, 65_536
"""Rows of a batch in a bucket's file. Larger ones are written faster."""
ROWS_HELD = 1_000_000
"""Approximate rows of all buckets in memory while rows are distributed, because each bucket collects a batch."""


def starts(table: Table, kind: Kind, rows: int, buckets: int) -> list[str]:
    """The first pseudonym of each bucket but the first, where nobody has a number yet. So the buckets are in the order
    of people. `rows` is approximate.
    """
    if buckets == 1:
        return []
    ids, one_in = table.pseudonyms(kind).drop_nulls(), rows // SAMPLED + 1
    some = ids.filter(pl.col("person_id").hash() % one_in == 0).collect(engine="streaming")["person_id"].sort()
    places = [number * len(some) // buckets for number in range(1, buckets)] if len(some) else []
    return some.gather(places).to_list()


def distribute(rows: pl.LazyFrame, folder: Path, part: int, buckets: int) -> None:
    """Write rows into the files of their `buckets`. The rows of a bucket are read in the order of parts.

    The files are Arrow, uncompressed: they are read once and then deleted, and Parquet takes twice the time to write.
    """
    within = folder / f"{part:06d}"
    within.mkdir(parents=True)
    rows.sink_ipc(
        pl.PartitionBy(within, key=BUCKET, include_key=False, file_path_provider=partial(_opened, within)),
        compression="uncompressed",
        record_batch_size=min(max(ROWS_HELD // buckets, SMALLEST_BATCH), LARGEST_BATCH),
        maintain_order=True,
        engine="streaming",
    )


class _Opened(FileIO):
    """A file that closes when nobody refers to it: Polars does not, once it has its own handle of the file."""

    def __del__(self) -> None:
        self.close()


def _opened(within: Path, file: FileProviderArgs) -> BinaryIO:
    """A new file of a bucket, opened here, because Polars opens a path twice. Linux takes that for the replacement of
    an old file, and closing it then waits until all of it is on its way to the disk.
    """
    folder = within / f"{BUCKET}={file.partition_keys[BUCKET].item()}"
    folder.mkdir(exist_ok=True)
    return _Opened(folder / f"{file.index_in_partition:08d}.ipc", "xb")


def numbers(folder: Path) -> list[int]:
    """The numbers of all buckets that hold rows, in order."""
    return sorted({int(path.name.split("=")[1]) for path in folder.glob("*/*")})


def files_of(folder: Path, bucket: int) -> list[Path]:
    """The files of a bucket, in order."""
    return sorted(folder.glob(f"*/{BUCKET}={bucket}/*.ipc"))
