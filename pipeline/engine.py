"""Where events are counted: Polars in this process, some buckets at a time, or a Spark cluster, all buckets at once.

Both run the same expressions (`features.compute`) on the same Parquet files, and every bucket's part is put together by the same
code (`parts.Job`), here or on the cluster's workers. This is the only module that knows Spark.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import narwhals as nw
import polars as pl

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import dump, load
from pipeline.features.compute import GROUP, Plan, columns_of, seen, summarise
from pipeline.parts import Job, Part

EngineName = Literal["polars", "spark"]
Result = TypeVar("Result")

AT_ONCE = 2
"""Buckets in work at a time: while Polars counts one, another is put together and written. Memory grows with it."""
DATES_AT_ONCE = 2
"""With more as-of dates than these a bucket's people are counted in turns, so that memory does not grow with the dates."""


class Engine(Protocol):
    """Counts events into the jobs' folders and runs a step of a job for every bucket."""

    def count_events(self, jobs: Sequence[Job]) -> None:
        """Write one row a person and concept, and the context of everyone registered, for every bucket that has none yet."""

    def write_parts(self, job: Job) -> list[Part]:
        """Write the feature parts of all buckets and tell what is in them, in order."""

    def each(self, step: Callable[[int], None], count: int) -> None:
        """Run a step for every number below `count`."""


def engine_of(name: EngineName) -> Engine:
    """The engine of that name; ConfigurationError for a name that there is not, or when Spark is not installed."""
    if name == "polars":
        return Polars()
    if name == "spark":
        return Spark()
    raise ConfigurationError(f"engine: found {name!r}; accepted: polars, spark")


def _bucket_of_polars(jobs: Sequence[Job], bucket: int) -> None:
    """A bucket for several as-of dates of one log, which is read once."""
    due = [job for job in jobs if not job.is_counted(bucket)]
    if not due:
        return
    for job in due:
        job.write_stays(bucket)
    plans, stays = [job.plan for job in due], [pl.scan_parquet(job.stays_path(bucket)) for job in due]
    rows = polars_seen(pl.scan_parquet(due[0].log_path(bucket)), plans, stays)
    turns = -(-len(due) // DATES_AT_ONCE)
    for turn in range(turns):
        long = polars_summary(rows.filter(pl.col("person") % turns == turn), plans)
        for n, job in enumerate(due):
            job.write_long(bucket, turn, of_date(long, n))
    for job in due:
        job.write_context(bucket)


def polars_seen(log: pl.LazyFrame, plans: Sequence[Plan], stays: Sequence[pl.LazyFrame] = ()) -> pl.DataFrame:
    """What any of the dates sees, held as it is looked at more than once; `stays` are what each date knows of hospital stays."""
    wanted = nw.from_native(plans[0].wanted.lazy())
    return _collect(_all_seen(nw.from_native(log), [nw.from_native(frame) for frame in stays], wanted, plans))


def polars_summary(rows: pl.DataFrame, plans: Sequence[Plan]) -> pl.DataFrame:
    """`compute.summarise` in this process."""
    return _collect(summarise(nw.from_native(rows.lazy()), plans))


def _all_seen(
    log: nw.LazyFrame[Any], stays: Sequence[nw.LazyFrame[Any]], wanted: nw.LazyFrame[Any], plans: Sequence[Plan]
) -> nw.LazyFrame[Any]:
    """What the dates see of the log, which is the same to all, and each of the stays as it knows them."""
    told = [seen(frame, wanted, plans, told=n) for n, frame in enumerate(stays)]
    return nw.concat([seen(log, wanted, plans), *told])


def of_date(long: pl.DataFrame, n: int) -> pl.DataFrame:
    """What `compute.summarise` says of the n-th date: a row for each person and key of which it sees anything."""
    own = columns_of(long.columns, n)
    return long.filter(pl.col(f"last@{n}").is_not_null()).select(*GROUP, *own).rename(own)


def _collect(frame: nw.LazyFrame[Any]) -> pl.DataFrame:
    lazy: pl.LazyFrame = frame.to_native()
    return lazy.collect(engine="streaming")


class Polars:
    """This process, two buckets at a time."""

    def count_events(self, jobs: Sequence[Job]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda bucket: _bucket_of_polars(jobs, bucket), jobs[0].buckets))

    def write_parts(self, job: Job) -> list[Part]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(job.write_part, job.buckets))

    def each(self, step: Callable[[int], None], count: int) -> None:
        for number in range(count):
            step(number)


class Spark:
    """A Spark session: the active one (Databricks, EMR, spark-submit), else one on this machine without a page of its own."""

    def __init__(self) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise ConfigurationError("engine: Spark is not installed; install neighbourly[spark] and Java 17") from None
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        local = SparkSession.builder.master("local[*]").appName("neighbourly").config("spark.ui.enabled", "false")
        self.session = SparkSession.getActiveSession() or local.getOrCreate()

    def count_events(self, jobs: Sequence[Job]) -> None:
        due = [job for job in jobs if not all(job.is_counted(bucket) for bucket in job.buckets)]
        if not due:
            return
        for job in due:
            self._on_workers(job.buckets, job.write_stays)
        log = self._read([due[0].log_path(bucket) for bucket in due[0].buckets])
        stays = [self._read([job.stays_path(bucket) for bucket in job.buckets]) for job in due]
        long = spark_summary(self.session, log, [job.plan for job in due], stays).persist()
        for n, job in enumerate(due):
            self._write_long(job, long, n)
            self._on_workers(job.buckets, job.write_context)
        long.unpersist()

    def _read(self, files: Sequence[Path]) -> Any:
        return self.session.read.parquet(*map(str, files))

    def _write_long(self, job: Job, long: Any, n: int) -> None:
        """What the n-th date sees, in partitions by bucket."""
        own = columns_of(long.columns, n)
        told = long.filter(long[f"last@{n}"].isNotNull()).select(*GROUP, *own).withColumnsRenamed(own)
        numbered = told.withColumn("bucket", (told["person"] / job.bucket_people).cast("int"))
        spread = numbered.repartition(len(job.buckets), "bucket")
        spread.write.partitionBy("bucket").mode("overwrite").parquet(str(job.long_folder))

    def write_parts(self, job: Job) -> list[Part]:
        told = self._on_workers(job.buckets, lambda bucket: dump(job.write_part(bucket)).decode())
        return [load(Part, part) for part in told]

    def each(self, step: Callable[[int], None], count: int) -> None:
        self._on_workers(range(count), step)

    def _on_workers(self, numbers: Sequence[int], step: Callable[[int], str | None]) -> list[str]:
        """Run a step for every bucket on the workers; only what it says of the bucket comes back."""
        if not numbers:
            return []

        def run(batches: Iterator[Any]) -> Iterator[Any]:
            import pyarrow as pa

            for batch in batches:
                told = [step(bucket) or "" for bucket in batch.column("bucket").to_pylist()]
                yield pa.RecordBatch.from_arrays([batch.column("bucket"), pa.array(told)], ["bucket", "told"])

        buckets = self.session.createDataFrame([(bucket,) for bucket in numbers], "bucket int")
        spread = buckets.repartition(len(numbers), "bucket")
        rows = spread.mapInArrow(run, "bucket int, told string").collect()
        return [row["told"] for row in sorted(rows, key=lambda row: row["bucket"])]


def spark_summary(session: Any, log: Any, plans: Sequence[Plan], stays: Sequence[Any] = ()) -> Any:
    """`compute.summarise` of what any of the dates sees, of Spark frames as a Spark frame."""
    wanted = nw.from_native(session.createDataFrame(plans[0].wanted.rows(), "concept int, key int"))
    found = _all_seen(nw.from_native(log), [nw.from_native(frame) for frame in stays], wanted, plans)
    return summarise(nw.from_native(found.to_native().persist()), plans).to_native()
