"""Where events are counted: Polars in this process, bucket by bucket, or a Spark cluster, all buckets at once."""

from __future__ import annotations

from typing import Literal

import narwhals as nw
import polars as pl

from data_schemas.errors import ConfigurationError
from pipeline.events import write_parquet
from pipeline.features.compute import seen, summarise
from pipeline.parts import Job, Part

Engine = Literal["polars", "spark"]


def _check(engine: Engine) -> None:
    if engine != "polars":
        raise ConfigurationError(f"engine: found {engine!r}; accepted: polars")


def count_events(job: Job, engine: Engine = "polars") -> None:
    """Write what is counted of each person and concept, and the context of everyone registered, for every bucket."""
    _check(engine)
    for bucket in job.buckets:
        if not job.context_path(bucket).exists():
            job.write_stays(bucket)
            events = nw.from_native(pl.concat([pl.scan_parquet(path) for path in job.event_files(bucket)]))
            rows = seen(events, nw.from_native(job.plan.wanted.lazy()), job.plan)
            write_parquet(summarise(rows, job.plan).to_native().collect(engine="streaming"), job.long_path(bucket))
            job.write_context(bucket)


def write_parts(job: Job, engine: Engine = "polars") -> list[Part]:
    """Write the feature parts of all buckets and tell what is in them, in order."""
    _check(engine)
    return [job.write_part(bucket) for bucket in job.buckets]
