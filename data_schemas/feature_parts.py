"""The features of a snapshot: one file for each bucket of people.

The files are in Arrow's format, which pandas, R and Spark read too. With hundreds of columns of a few thousand rows, it
takes half as long to write as Parquet. Each column has the smallest type that holds its values exactly, so its type can
differ between files. The functions here read every feature as Float32, from files of earlier releases too (Parquet in
0.1, 32-bit numbers later). To read several files with another tool, first cast every feature to float32.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_schemas.disk import scan_parquet, writing
from data_schemas.narrow import Column, Summary, Values, narrow

AT_ONCE = 2**20
"""Bytes written together. Arrow would write each column in pieces of its own, which takes a quarter longer."""
NUMBERS = pl.exclude("person").cast(pl.Float32)


def part_path(snapshot: Path, number: int) -> Path:
    """The file of a bucket, in the folder of a snapshot."""
    return snapshot / "features" / f"part-{number:04d}.arrow"


def part_paths(snapshot: Path) -> list[Path]:
    """The files of a snapshot, in the order of their people."""
    return sorted((snapshot / "features").glob("part-*"))


def write_part(frame: pl.DataFrame, path: Path) -> Path:
    """Write a file in one step: `person`, and features as numbers. The same values give the same bytes."""
    features = frame.drop("person")
    write_values(path, frame["person"], features.columns, values_of(features))
    return path


def values_of(features: pl.DataFrame) -> Values:
    """A frame of features as float32 (features, people), with NaN for unknown."""
    numbers = features.cast(pl.Float32).to_numpy(order="fortran")
    return numbers.T.astype(np.float32, order="C", copy=False)


def write_values(path: Path, person: pl.Series, names: Sequence[str], values: Values) -> Summary:
    """Write a file in one step from float32 (features, people), with NaN for unknown. Describes the values."""
    from pyarrow import BufferedOutputStream, OSFile, RecordBatch, ipc

    narrowed, summary = narrow(values)
    arrays = _arrays(narrowed.columns(values), values, summary)
    batch = RecordBatch.from_arrays([person.to_arrow(), *arrays], ["person", *names])
    options = ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with (
        writing(path) as draft,
        OSFile(str(draft), "wb") as file,
        BufferedOutputStream(file, AT_ONCE) as buffered,
        ipc.new_file(buffered, batch.schema, options=options) as arrow,
    ):
        arrow.write_batch(batch)
    return summary


def _arrays(columns: Iterable[Column], values: Values, summary: Summary) -> list[Any]:
    """The columns as Arrow arrays, without a copy. Unknown values are null."""
    from pyarrow import Array, from_numpy_dtype, py_buffer

    people = values.shape[1]
    types = {dtype: from_numpy_dtype(dtype) for dtype in map(np.dtype, (np.uint8, np.int16, np.float32))}
    known = [
        None if number == people else py_buffer(np.packbits(~np.isnan(row), bitorder="little"))
        for row, number in zip(values, summary.known.tolist(), strict=True)
    ]
    return [
        Array.from_buffers(types[column.dtype], people, [given, py_buffer(column)])
        for column, given in zip(columns, known, strict=True)
    ]


def scan_parts(snapshot: Path, columns: Sequence[str] | None = None) -> pl.LazyFrame:
    """Everyone's features, with `person`, or some columns."""
    return pl.concat([_scan(path, columns).with_columns(NUMBERS) for path in part_paths(snapshot)])


def read_part(path: Path, columns: Sequence[str] | None = None, rows: NDArray[np.bool_] | None = None) -> pl.DataFrame:
    """Read some or all columns and rows of a file."""
    frame = _scan(path, columns).collect()
    return (frame if rows is None else frame.filter(rows)).with_columns(NUMBERS)


def _scan(path: Path, columns: Sequence[str] | None) -> pl.LazyFrame:
    rows = scan_parquet(path) if path.suffix == ".parquet" else pl.scan_ipc(path, glob=False)
    return rows if columns is None else rows.select(pl.col(columns))
