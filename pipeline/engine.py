"""Where buckets are counted: in this process, two at a time, or on a Spark cluster, all at once.

Both run the same step (`parts.SnapshotJob`) on the same Parquet files, so that they cannot differ.
This is the only module that knows Spark.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, Protocol

from data_schemas.errors import ConfigurationError

EngineName = Literal["polars", "spark"]
Step = Callable[[int], str | None]

AT_ONCE = 2
"""Buckets in work at a time: the compiled pass and Polars let other threads go on. Memory grows with it."""


class Engine(Protocol):
    """Runs a step for every bucket or part."""

    def each(self, step: Step, count: int) -> list[str]:
        """Run a step for every number below `count`; what it says of each, in order."""


def engine_of(name: EngineName) -> Engine:
    """The engine of that name; ConfigurationError for a name that there is not, or when Spark is not installed."""
    if name == "polars":
        return Polars()
    if name == "spark":
        return Spark()
    raise ConfigurationError(f"engine: found {name!r}; accepted: polars, spark")


class Polars:
    """This process."""

    def each(self, step: Step, count: int) -> list[str]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [told or "" for told in pool.map(step, range(count))]


class Spark:
    """A Spark session: the active one (Databricks, EMR, spark-submit), else one on this machine without a page of
    its own."""

    def __init__(self) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise ConfigurationError("engine: Spark is not installed; install neighbourly[spark] and Java 17") from None
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        local = SparkSession.builder.master("local[*]").appName("neighbourly").config("spark.ui.enabled", "false")
        self.session = SparkSession.getActiveSession() or local.getOrCreate()

    def each(self, step: Step, count: int) -> list[str]:
        """On the workers; only what a step says comes back."""
        if not count:
            return []

        def run(batches: Iterator[Any]) -> Iterator[Any]:
            import pyarrow as pa

            for batch in batches:
                answers = [step(number) or "" for number in batch.column("number").to_pylist()]
                yield pa.RecordBatch.from_arrays([batch.column("number"), pa.array(answers)], ["number", "answer"])

        numbers = self.session.createDataFrame([(number,) for number in range(count)], "number int")
        spread = numbers.repartition(count, "number")
        rows = spread.mapInArrow(run, "number int, answer string").collect()
        return [row["answer"] for row in sorted(rows, key=lambda row: row["number"])]
