"""Where events are counted: Polars in this process, some buckets at a time, or a Spark cluster, all buckets at once.

Both run the same expressions (`features.compute`) on the same Parquet files, and every bucket's part is put together by the same
code (`parts.Job`), here or on the cluster's workers. This is the only module that knows Spark.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, Protocol, TypeVar

import narwhals as nw
import polars as pl

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import dump, load
from pipeline.features.compute import Plan, seen, summarise
from pipeline.parts import Job, Part

EngineName = Literal["polars", "spark"]
Result = TypeVar("Result")

AT_ONCE = 2
"""Buckets in work at a time: while Polars counts one, another is put together and written. Memory grows with it."""


class Engine(Protocol):
    """Counts events into the jobs' folders and runs a step of a job for every bucket."""

    def count_events(self, jobs: Sequence[Job]) -> None:
        """Write one row a person and concept, and the context of everyone registered, for every bucket that has none yet."""

    def write_parts(self, job: Job) -> list[Part]:
        """Write the feature parts of all buckets and tell what is in them, in order."""


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
    log = pl.read_parquet(due[0].event_files(bucket)[0]).lazy()
    for job in due:
        job.write_stays(bucket)
        events = pl.concat([log, pl.scan_parquet(job.event_files(bucket)[1])])
        job.write_long(bucket, polars_summary(events, job.plan))
        job.write_context(bucket)


def polars_summary(events: pl.LazyFrame, plan: Plan) -> pl.DataFrame:
    """`compute.summarise` of events in this process; what was seen is held, as it is looked at more than once."""
    wanted = nw.from_native(plan.wanted.lazy())
    rows = _collect(seen(nw.from_native(events), wanted, plan))
    return _collect(summarise(nw.from_native(rows.lazy()), plan))


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
        for job in jobs:
            self._count(job)

    def _count(self, job: Job) -> None:
        if all(job.is_counted(bucket) for bucket in job.buckets):
            return
        self._on_workers(job, job.write_stays)
        events = self.session.read.parquet(*(str(path) for bucket in job.buckets for path in job.event_files(bucket)))
        long = spark_summary(self.session, events, job.plan)
        bucket = (long["person"] / job.bucket_people).cast("int")
        numbered = long.withColumn("bucket", bucket).repartition(len(job.buckets), "bucket")
        numbered.write.partitionBy("bucket").mode("overwrite").parquet(str(job.long_folder))
        self._on_workers(job, job.write_context)

    def write_parts(self, job: Job) -> list[Part]:
        return [
            load(Part, told) for told in self._on_workers(job, lambda bucket: dump(job.write_part(bucket)).decode())
        ]

    def _on_workers(self, job: Job, step: Callable[[int], str | None]) -> list[str]:
        """Run a step for every bucket on the workers; only what it says of the bucket comes back."""

        def run(batches: Iterator[Any]) -> Iterator[Any]:
            import pyarrow as pa

            for batch in batches:
                told = [step(bucket) or "" for bucket in batch.column("bucket").to_pylist()]
                yield pa.RecordBatch.from_arrays([batch.column("bucket"), pa.array(told)], ["bucket", "told"])

        buckets = self.session.createDataFrame([(bucket,) for bucket in job.buckets], "bucket int")
        spread = buckets.repartition(len(job.buckets), "bucket")
        rows = spread.mapInArrow(run, "bucket int, told string").collect()
        return [row["told"] for row in sorted(rows, key=lambda row: row["bucket"])]


def spark_summary(session: Any, events: Any, plan: Plan) -> Any:
    """`compute.summarise` of a Spark frame of events, as a Spark frame."""
    wanted = session.createDataFrame(plan.wanted.rows(), "concept int, key int")
    rows = seen(nw.from_native(events), nw.from_native(wanted), plan).to_native().persist()
    return summarise(nw.from_native(rows), plan).to_native()
