"""Runs a step for every bucket: two at a time in this process, or all together on a Spark cluster.

Both run the same step (`parts.SnapshotJob`) on the same files, so their results cannot differ. Only this module
uses Spark.
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
"""Buckets processed together. The compiled pass and Polars let other threads run. Memory grows with it."""

NEAR = 0.6
"""Share of the memory limit below which more than one bucket may be processed."""


class Engine(Protocol):
    """Runs a step for every bucket or part."""

    def each(self, step: Step, count: int) -> list[str]:
        """Run a step for every number below `count`. Returns the result of each, in order."""


def engine_of(name: EngineName, limit: int | None = None) -> Engine:
    """The engine with that name; in this process it stays within `limit` bytes of memory.

    Raises ConfigurationError for an unknown name, or if Spark is not installed.
    """
    if name == "polars":
        return Polars(limit)
    if name == "spark":
        return Spark()
    raise ConfigurationError(f"engine: found {name!r}; accepted: polars, spark")


class Polars:
    """Runs in this process. Near a memory limit, a bucket waits until no other is running."""

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
            return [answer or "" for answer in pool.map(admitted, range(count))]

    def _has_room(self) -> bool:
        return not self.at_work or self.limit is None or taken() < NEAR * self.limit


class Spark:
    """Runs in a Spark session: the active one (Databricks, EMR, spark-submit), else a local one without a web page."""

    def __init__(self) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise ConfigurationError("engine: Spark is not installed; install neighbourly[spark] and Java 17") from None
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        local = SparkSession.builder.master("local[*]").appName("neighbourly").config("spark.ui.enabled", "false")
        self.session = SparkSession.getActiveSession() or local.getOrCreate()

    def each(self, step: Step, count: int) -> list[str]:
        """The step runs on the workers; only its result comes back."""
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
