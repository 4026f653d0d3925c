"""Exports the event log in the Medical Event Data Standard (MEDS 0.4, github.com/Medical-Event-Data-Standard/meds).

A folder with `data/<bucket>.parquet` (subject_id, time, code, numeric_value, and `known`, when the source knew),
`metadata/codes.parquet`, `metadata/dataset.json` and `metadata/subject_splits.parquet`. Codes are the concepts of the
event log; birth, death, sex and ethnicity come from registrations, hospital stays from admissions. `subject_id` is the
person's number in `store/people.parquet`, so no pseudonym is exported.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from data_schemas import disk
from data_schemas.disk import read_parquet, scan_parquet
from data_schemas.gp import ETHNICITY, SEX
from data_schemas.receipts import EventLog, IngestReceipt
from pipeline.concepts import Concepts
from pipeline.events import BUCKET_PEOPLE, bucket_path
from pipeline.stays import diagnosis_concepts, stay_events

VERSION = "0.4.1"
BIRTH, DEATH = "MEDS_BIRTH", "MEDS_DEATH"
SPLITS = ("train",) * 8 + ("tuning", "held_out")
"""Eight tenths of the subjects to train on, chosen by the hash of their number, so that every export splits them in the
same way.
"""
SCHEMA = pa.schema(
    [
        pa.field("subject_id", pa.int64(), nullable=False),
        pa.field("time", pa.timestamp("us")),
        pa.field("code", pa.string(), nullable=False),
        pa.field("numeric_value", pa.float32()),
        pa.field("known", pa.timestamp("us")),
    ]
)
CODES = pa.schema(
    [
        pa.field("code", pa.string(), nullable=False),
        pa.field("description", pa.string()),
        pa.field("parent_codes", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True)
class Export:
    """The exported data set: where it is and what it contains."""

    folder: str
    subjects: int
    events: int
    codes: int


@dataclass(frozen=True)
class Site:
    """The facts about a site that an export needs: its name, its concepts, and the code system of its diagnoses."""

    name: str
    concepts: Concepts
    diag_system: str


def write(site: Site, ingest: IngestReceipt, log: EventLog, as_of: dt.date, folder: Path) -> Export:
    """Write what was known before `as_of` into `folder`. An earlier export is replaced."""
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "data").mkdir(parents=True)
    people, stays = _people(ingest, as_of), _stays(site, ingest, as_of)
    names = pl.DataFrame({"concept": list(site.concepts.ids.values()), "code": list(site.concepts.ids)}, _NAMES)
    events = 0
    for bucket in range(log.buckets):
        logged = read_parquet(bucket_path(log.path, bucket)).filter(pl.col("known") < as_of, pl.col("happened") < as_of)
        span = pl.col("subject_id").is_between(bucket * BUCKET_PEOPLE, (bucket + 1) * BUCKET_PEOPLE, closed="left")
        coded = pl.concat([_named(rows, names) for rows in (logged, stays)]).filter(span)
        rows = pl.concat([people.filter(span), coded]).sort("subject_id", "time", "code", "known", nulls_last=False)
        _write(rows, SCHEMA, draft / "data" / f"{bucket}.parquet")
        events += rows.height
    codes = _codes(site.concepts)
    _write(codes, CODES, draft / "metadata" / "codes.parquet")
    _write(_splits(ingest.people), _SPLIT, draft / "metadata" / "subject_splits.parquet")
    disk.write(draft / "metadata" / "dataset.json", json.dumps(_described(site.name, as_of), indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return Export(str(folder), ingest.people, events, codes.height)


_NAMES = {"concept": pl.UInt16, "code": pl.String}
_SPLIT = pa.schema([pa.field("subject_id", pa.int64(), nullable=False), pa.field("split", pa.string(), nullable=False)])
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "subject_id": pl.Int64,
    "time": pl.Datetime("us"),
    "code": pl.String,
    "numeric_value": pl.Float32,
    "known": pl.Datetime("us"),
}


def _write(rows: pl.DataFrame, schema: pa.Schema, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows.to_arrow().cast(schema), path, compression="zstd")


def _named(events: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Turn events of the log into MEDS events."""
    return events.join(names, on="concept").select(
        subject_id=pl.col("person").cast(pl.Int64),
        time=pl.col("happened").cast(pl.Datetime("us")),
        code="code",
        numeric_value="value",
        known=pl.col("known").cast(pl.Datetime("us")),
    )


def _stays(site: Site, ingest: IngestReceipt, as_of: dt.date) -> pl.DataFrame:
    """Hospital stays as events, known before `as_of`."""
    path = ingest.tables["admissions"].path
    diagnoses = diagnosis_concepts(scan_parquet(path), site.concepts, site.diag_system)
    return stay_events(read_parquet(path), diagnoses, site.concepts, [as_of])


def _people(ingest: IngestReceipt, as_of: dt.date) -> pl.DataFrame:
    """Birth and death of everyone, with sex and ethnicity as facts without a time."""
    table = read_parquet(ingest.tables["registrations"].path)
    absent = {"ethnicity": pl.String, "death_date": pl.Date}
    known = table.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in absent.items() if name not in table.columns
    )
    newest = (
        known.filter(pl.col("registered_from") < as_of)
        .sort("person", "registered_from")
        .group_by("person", maintain_order=True)
    )
    one = newest.agg(pl.col("birth_month", "sex", "ethnicity").last(), pl.col("death_date").min())
    dead = one.filter(pl.col("death_date") < as_of)
    return pl.concat(
        [
            _fact(one, pl.lit(BIRTH), pl.col("birth_month")),
            _fact(dead, pl.lit(DEATH), pl.col("death_date")),
            _fact(one, pl.format("sex//{}", pl.col("sex")), pl.lit(None, pl.Date)),
            _fact(one.drop_nulls("ethnicity"), pl.format("ethnicity//{}", pl.col("ethnicity")), pl.lit(None, pl.Date)),
        ]
    )


def _fact(people: pl.DataFrame, code: pl.Expr, day: pl.Expr) -> pl.DataFrame:
    columns = {
        "subject_id": pl.col("person"), "time": day, "code": code, "numeric_value": pl.lit(None), "known": pl.lit(None),
    }  # fmt: skip
    return people.select(value.cast(_COLUMNS[name]).alias(name) for name, value in columns.items())


def _codes(concepts: Concepts) -> pl.DataFrame:
    """Every code with its meaning, and the codes of other systems that it represents."""
    parents = concepts.codelists.group_by("concept").agg(
        parent_codes=pl.format("{}/{}", pl.col("system").str.to_uppercase(), pl.col("code")).sort()
    )
    means = pl.DataFrame([(c.name, c.means) for c in concepts.all], ["code", "description"], orient="row")
    facts = {BIRTH: "birth, to the month", DEATH: "death"}
    facts |= {f"sex//{code}": f"sex: {meaning}" for code, meaning in SEX.items()}
    facts |= {f"ethnicity//{code}": f"ethnic category: {meaning}" for code, meaning in ETHNICITY.items()}
    others = pl.DataFrame(list(facts.items()), ["code", "description"], orient="row")
    return pl.concat([others, means]).join(
        parents, left_on="code", right_on="concept", how="left", maintain_order="left"
    )


def _splits(people: int) -> pl.DataFrame:
    frame = pl.select(subject_id=pl.int_range(people, dtype=pl.Int64))
    place = (pl.col("subject_id") * 2_654_435_761 % 2**32 % len(SPLITS)).cast(pl.UInt32)
    return frame.with_columns(split=pl.lit(pl.Series(SPLITS)).gather(place))


def _described(site: str, as_of: dt.date) -> dict[str, object]:
    """`dataset.json`, which is identical for every export of the same data."""
    return {
        "dataset_name": site,
        "dataset_version": f"known before {as_of}",
        "etl_name": "neighbourly export meds",
        "meds_version": VERSION,
        "other_extension_columns": ["known"],
    }
