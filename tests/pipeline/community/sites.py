"""Makes an invented site: a few tables and one bucket of events, in the form that ingest and the event log write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import polars as pl

from data_schemas.codelists import load_codelists
from data_schemas.receipts import EventLog
from pipeline.community.records import Records
from pipeline.concepts import Concepts
from pipeline.events import SCHEMA, bucket_path

AS_OF = dt.date(2026, 4, 1)
START = dt.date(2015, 1, 1)
PRACTICES = {"P10001": "N01", "P10002": "N02", "P10003": "N03"}

Event = tuple[int, str, dt.date, float | None]
"""Person, concept, day, value."""


@cache
def concepts() -> Concepts:
    return Concepts(load_codelists())


def days(before: int) -> dt.date:
    """The date this many days before the as-of date."""
    return AS_OF - dt.timedelta(days=before)


def person(
    number: int, age: int = 50, sex: str = "1", practice: str = "P10001", decile: int = 5, **more: object
) -> dict[str, object]:
    """A registration since 2015 of somebody whose birthday is in the as-of month."""
    return {
        "person": number, "person_id": f"{number:08x}", "practice_code": practice, "registered_from": START, "registered_to": None,
        "birth_month": dt.date(AS_OF.year - age, AS_OF.month, 1), "sex": sex, "ethnicity": None, "lsoa_code": f"E0100000{decile % 10}",
        "household_id": None, "death_date": None, **more,
    }  # fmt: skip


def records(
    folder: Path,
    people: Sequence[dict[str, object]],
    events: Sequence[Event] = (),
    admissions: Sequence[dict[str, object]] = (),
    attendances: Sequence[tuple[int, dt.date]] = (),
    day: dt.date = AS_OF,
) -> Records:
    """Make the records of a site with these people, events and stays."""
    tables = folder / "tables"
    tables.mkdir(parents=True)
    kinds = {
        "registered_to": pl.Date,
        "death_date": pl.Date,
        "household_id": pl.String,
        "ethnicity": pl.String,
        "person": pl.Int32,
    }
    pl.DataFrame(people, schema_overrides=kinds).write_parquet(tables / "registrations.parquet")
    pl.DataFrame({"practice_code": list(PRACTICES), "cluster_code": list(PRACTICES.values())}).write_parquet(
        tables / "practices.parquet"
    )
    areas = {"lsoa_code": [f"E0100000{n % 10}" for n in range(1, 11)], "imd_decile": [float(n) for n in range(1, 11)]}
    pl.DataFrame(areas).write_parquet(tables / "areas.parquet")
    if admissions:
        pl.DataFrame(admissions, schema_overrides={"person": pl.Int32, "diag_02": pl.String}).write_parquet(
            tables / "admissions.parquet"
        )
    if attendances:
        seen = pl.DataFrame(attendances, schema={"person": pl.Int32, "arrival_date": pl.Date}, orient="row")
        seen.write_parquet(tables / "attendances.parquet")
    rows = [(who, day_, day_, concepts().ids[name], value) for who, name, day_, value in events]
    log = pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("person", "concept", "happened", nulls_last=True)
    log.write_parquet(bucket_path(folder, 0))
    return Records(tables, EventLog(str(folder), "", "", log.height, len(people), 1), concepts(), day)


def stay(
    number: int, begins: dt.date, nights: int = 2, method: str = "21", diagnosis: str = "J18"
) -> dict[str, object]:
    """A hospital stay that ended alive."""
    return {
        "person": number, "admission_date": begins, "discharge_date": begins + dt.timedelta(days=nights), "admission_method": method,
        "discharge_method": "1", "diag_01": diagnosis, "diag_02": None,
    }  # fmt: skip
