"""Small ingested tables and settings, as ingest would leave them, from rows written in a test."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from data_schemas.receipts import IngestReceipt, TableReceipt
from data_schemas.tables import TABLES
from pipeline.settings import Extract, Features, Lists, Run, Settings, Site
from pipeline.settings.sections import BUILT_IN, BuiltIn

AS_OF = dt.date(2024, 1, 1)
Row = dict[str, Any]


def registration(person_id: str, **columns: Any) -> Row:
    """Someone registered long ago and for good, born in 1960."""
    usual = {
        "practice_code": "P00001",
        "registered_from": dt.date(2000, 1, 1),
        "registered_to": None,
        "birth_month": dt.date(1960, 1, 1),
        "sex": "2",
    }
    return {"person_id": person_id, **usual, **columns}


def frame(table: str, rows: list[Row]) -> pl.DataFrame:
    """The rows with the columns that any of them names and the required ones, in the types of the table's schema."""
    columns = TABLES[table].columns()
    used = [name for name, column in columns.items() if not column.nullable or any(name in row for row in rows)]
    schema = {name: columns[name].dtype for name in used}
    return pl.DataFrame([{name: row.get(name) for name in used} for row in rows], schema=schema)


def ingested(store: Path, **tables: list[Row]) -> IngestReceipt:
    """Tables in `store/tables/`; practices P00001 and P00002 in clusters C1 and C2 unless given."""
    tables.setdefault("practices", [{"practice_code": f"P0000{n}", "cluster_code": f"C{n}"} for n in (1, 2)])
    tables.setdefault("admissions", [])
    frames = {name: frame(name, rows) for name, rows in tables.items()}
    people = frames["registrations"].select("person_id").unique().sort("person_id")
    people = people.select(pl.int_range(pl.len(), dtype=pl.Int32).alias("person"), "person_id")
    (store / "tables").mkdir(parents=True, exist_ok=True)
    people.write_parquet(store / "people.parquet")
    receipts = {}
    for name, rows in frames.items():
        numbered = people.join(rows, on="person_id").sort("person") if "person_id" in rows.columns else rows
        path = store / "tables" / f"{name}.parquet"
        numbered.write_parquet(path)
        receipts[name] = TableReceipt(name, str(path), "", numbered.height, numbered.height)
    content = hashlib.sha256(repr({name: rows.rows() for name, rows in frames.items()}).encode()).hexdigest()
    return IngestReceipt(str(store), content, people.height, str(store / "people.parquet"), receipts)


def site(
    folder: Path,
    *,
    builtin: tuple[BuiltIn, ...] = BUILT_IN,
    modules: tuple[str, ...] = (),
    codelists: str = "",
    diag_system: str = "icd10",
    **run: Any,
) -> Settings:
    """Settings of a site in `folder` with one code list, given as the text of a CSV file."""
    lists: tuple[Path, ...] = ()
    if codelists:
        lists = (folder / "lists.csv",)
        lists[0].write_text("concept,system,code,term\n" + codelists)
    extract = Extract(path="admissions.csv", diag_system=diag_system, files=())
    return Settings(
        site=Site(name="Test", legal_basis=("gp", "sus")),
        run=Run(**{"as_of": dt.date(2026, 1, 1), "minimum_age": 0, **run}),
        extracts={"admissions": extract},
        features=Features(builtin=builtin, modules=modules, codelists=lists),
        lists=Lists(),
        folder=folder,
        configuration="",
    )
