"""Where events are counted: Polars in this process, some buckets at a time, or a Spark cluster, all buckets at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import narwhals as nw
import polars as pl

from data_schemas.errors import ConfigurationError
from pipeline.events import write_parquet
from pipeline.features.compute import Plan, seen, summarise
from pipeline.parts import Job, Part

Engine = Literal["polars", "spark"]

AT_ONCE = 2
"""Buckets in work at a time: while Polars counts one, another is scattered and written. Memory grows with it."""


def count_events(job: Job, engine: Engine = "polars") -> None:
    """Write what is counted of each person and concept, and the context of everyone registered, for every bucket."""
    _check(engine)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda bucket: _count_bucket(job, bucket), job.buckets))


def write_parts(job: Job, engine: Engine = "polars") -> list[Part]:
    """Write the feature parts of all buckets and tell what is in them, in order."""
    _check(engine)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(job.write_part, job.buckets))


def _check(engine: Engine) -> None:
    if engine != "polars":
        raise ConfigurationError(f"engine: found {engine!r}; accepted: polars")


def _count_bucket(job: Job, bucket: int) -> None:
    if not job.context_path(bucket).exists():
        job.write_stays(bucket)
        events = pl.concat([pl.scan_parquet(path) for path in job.event_files(bucket)])
        write_parquet(polars_summary(events, job.plan), job.long_path(bucket))
        job.write_context(bucket)


def polars_summary(events: pl.LazyFrame, plan: Plan) -> pl.DataFrame:
    """`compute.summarise` of events in this process; what was seen is held, as it is looked at more than once."""
    wanted = nw.from_native(plan.wanted.lazy())
    rows = _collect(seen(nw.from_native(events), wanted, plan))
    return _collect(summarise(nw.from_native(rows.lazy()), plan))


def _collect(frame: nw.LazyFrame[Any]) -> pl.DataFrame:
    lazy: pl.LazyFrame = frame.to_native()
    return lazy.collect(engine="streaming")
