"""Where features are computed: Polars in this process, bucket by bucket, or a Spark cluster, all buckets at once."""

from __future__ import annotations

from typing import Literal

import narwhals as nw
import polars as pl

from data_schemas.errors import ConfigurationError
from pipeline.features.compute import seen, summarise
from pipeline.parts import Job, Part

Engine = Literal["polars", "spark"]


def compute_parts(job: Job, engine: Engine = "polars") -> list[Part]:
    """Write the feature parts of all buckets of the job and tell what is in them, in order."""
    if engine != "polars":
        raise ConfigurationError(f"engine: found {engine!r}; accepted: polars")
    return [_polars_part(job, bucket) for bucket in job.buckets]


def _polars_part(job: Job, bucket: int) -> Part:
    if not job.is_done(bucket):
        job.write_stays(bucket)
        events = nw.from_native(pl.concat([pl.scan_parquet(path) for path in job.event_files(bucket)]))
        wanted = nw.from_native(job.plan.wanted.lazy())
        long = summarise(seen(events, wanted, job.plan), job.plan).to_native().collect(engine="streaming")
        job.write_part(bucket, long)
    return job.describe(bucket)
