"""Answers questions about everyone registered on some days, bucket by bucket, in one pass over the event log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_schemas.disk import scan_parquet
from data_schemas.receipts import EventLog
from pipeline.buckets import rows_of
from pipeline.community.recorded import columns_in, recorded
from pipeline.concepts import Concepts
from pipeline.events import SCHEMA, bucket_path
from pipeline.stays import stay_events

Asked = Mapping[dt.date, Mapping[str, pl.Expr]]
"""Day → name → a question: an expression over the columns of `Records.people` and `recorded`."""


def together(*asked: Asked) -> dict[dt.date, dict[str, pl.Expr]]:
    """Join several sets of questions."""
    questions: dict[dt.date, dict[str, pl.Expr]] = {}
    for each in asked:
        for day, own in each.items():
            questions.setdefault(day, {}).update(own)
    return questions


@dataclass(frozen=True)
class Reader:
    """Reads what the event log and the stays contain about some concepts."""

    log: EventLog
    concepts: Concepts
    wanted: Collection[str]
    admissions: Path | None
    """The table of admissions. None if the site has none."""
    diagnoses: pl.DataFrame
    """The result of `stays.diagnosis_concepts` for the codes of the admissions."""

    def answers(self, bucket: int, people: Sequence[pl.DataFrame], asked: Asked) -> list[pl.DataFrame]:
        """For each day: one column per question, one row for each of its `people` in this bucket, in order of
        person."""
        ids = self.concepts.ids
        wanted = pl.col("concept").is_in([ids[name] for name in sorted(self.wanted) if name in ids])
        log = scan_parquet(bucket_path(self.log.path, bucket)).filter(wanted).collect()
        stays = self._stays(bucket, list(asked)).filter(wanted)
        tables = []
        for n, ((day, questions), there) in enumerate(zip(asked.items(), people, strict=True)):
            known = stays.filter(pl.lit(n).is_between("first", "end", closed="left")).select(*SCHEMA)
            seen = recorded(there, pl.concat([log, known]), ids, columns_in(*questions.values()), day)
            tables.append(seen.select(each.alias(name) for name, each in questions.items()))
        return tables

    def _stays(self, bucket: int, days: Sequence[dt.date]) -> pl.DataFrame:
        """Events from the stays in this bucket on each of some days (see `stay_events`)."""
        if self.admissions is None:
            return pl.DataFrame(schema={**SCHEMA, "first": pl.Int8, "end": pl.Int8})
        own = rows_of(self.admissions, bucket, self.log.buckets)
        return stay_events(own, self.diagnoses, self.concepts, days)
