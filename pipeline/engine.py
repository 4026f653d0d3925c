"""Where buckets are counted: in this process, two at a time, or on a Spark cluster, all at once.

Both run the same step (`parts.SnapshotJob`) on the same Parquet files, so that they cannot differ.
This is the only module that knows Spark.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import Any, Literal, Protocol

from data_schemas.errors import ConfigurationError
from data_schemas.memory import taken

EngineName = Literal["polars", "spark"]
Step = Callable[[int], str | None]

AT_ONCE = 2
"""Buckets in work at a time: the compiled pass and Polars let other threads go on. Memory grows with it."""

NEAR = 0.6
"""Of a limit of memory: what more than one bucket may be in work below."""


class Engine(Protocol):
    """Runs a step for every bucket or part."""

    def each(self, step: Step, count: int) -> list[str]:
        """Run a step for every number below `count`; what it says of each, in order."""


def engine_of(name: EngineName, limit: int | None = None) -> Engine:
    """The engine of that name, in this process within `limit` bytes of memory.

    ConfigurationError for a name that there is not, or when Spark is not installed.
    """
    if name == "polars":
        return Polars(limit)
    if name == "spark":
        return Spark()
    raise ConfigurationError(f"engine: found {name!r}; accepted: polars, spark")


class Polars:
    """This process. Near a limit of memory, a bucket waits until it would be the only one in work."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.at_work = 0
        self.changed = Condition()

    def each(self, step: Step, count: int) -> list[str]:
        def admitted(number: int) -> str | None:
            with self.changed:
                self.changed.wait_for(self._has_room)
                self.at_work += 1
            try:
                return step(number)
            finally:
                with self.changed:
                    self.at_work -= 1
                    self.changed.notify_all()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [told or "" for told in pool.map(admitted, range(count))]

    def _has_room(self) -> bool:
        return not self.at_work or self.limit is None or taken() < NEAR * self.limit


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
