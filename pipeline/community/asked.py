"""Questions to everyone registered on some days, answered bucket by bucket in one pass over the event log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from data_schemas.disk import scan_parquet
from data_schemas.receipts import EventLog
from pipeline.community.recorded import columns_in, recorded
from pipeline.concepts import Concepts
from pipeline.events import BUCKET_PEOPLE, SCHEMA, bucket_path
from pipeline.stays import stay_events

Asked = Mapping[dt.date, Mapping[str, pl.Expr]]
"""Day → name → a question: an expression on the columns of `Records.people` and of `recorded`."""


def together(*asked: Asked) -> dict[dt.date, dict[str, pl.Expr]]:
    """Several sets of questions as one."""
    found: dict[dt.date, dict[str, pl.Expr]] = {}
    for each in asked:
        for day, own in each.items():
            found.setdefault(day, {}).update(own)
    return found


def in_bucket(bucket: int, buckets: int) -> pl.Expr:
    """Whether a person stands in a bucket of the log; the last takes everyone above."""
    return (pl.col("person") // BUCKET_PEOPLE).clip(0, buckets - 1) == bucket


@dataclass(frozen=True)
class Reader:
    """What the log and the stays hold of some concepts."""

    log: EventLog
    concepts: Concepts
    wanted: Collection[str]
    admissions: pl.DataFrame
    diagnoses: pl.DataFrame
    """What `stays.diagnosis_concepts` says of the codes of the admissions."""

    def answers(self, bucket: int, people: Sequence[pl.DataFrame], asked: Asked) -> list[pl.DataFrame]:
        """For each day a column a question, a row for each of its `people` in this bucket, in order of person."""
        ids = self.concepts.ids
        wanted = pl.col("concept").is_in([ids[name] for name in sorted(self.wanted) if name in ids])
        log = scan_parquet(bucket_path(self.log.path, bucket)).filter(wanted).collect()
        stays = self._stays(bucket, list(asked)).filter(wanted)
        found = []
        for n, ((day, questions), there) in enumerate(zip(asked.items(), people, strict=True)):
            known = stays.filter(pl.lit(n).is_between("first", "end", closed="left")).select(*SCHEMA)
            seen = recorded(there, pl.concat([log, known]), ids, columns_in(*questions.values()), day)
            found.append(seen.select(each.alias(name) for name, each in questions.items()))
        return found

    def _stays(self, bucket: int, days: Sequence[dt.date]) -> pl.DataFrame:
        """What the stays of this bucket tell on each of some days (see `stay_events`)."""
        if self.admissions.is_empty():
            return pl.DataFrame(schema={**SCHEMA, "first": pl.Int8, "end": pl.Int8})
        own = self.admissions.filter(in_bucket(bucket, self.log.buckets))
        return stay_events(own, self.diagnoses, self.concepts, days)
