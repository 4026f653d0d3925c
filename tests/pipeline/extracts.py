"""Makes small ingested tables and settings from rows in a test, in the form that ingest writes."""

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
    """A person born in 1960, registered long ago and still registered."""
    usual = {
        "practice_code": "P00001",
        "registered_from": dt.date(2000, 1, 1),
        "registered_to": None,
        "birth_month": dt.date(1960, 1, 1),
        "sex": "2",
    }
    return {"person_id": person_id, **usual, **columns}


def frame(table: str, rows: list[Row]) -> pl.DataFrame:
    """Make a table of the rows, with the columns that they name and the required ones, in the types of its schema."""
    columns = TABLES[table].columns()
    used = [name for name, column in columns.items() if not column.nullable or any(name in row for row in rows)]
    schema = {name: columns[name].dtype for name in used}
    return pl.DataFrame([{name: row.get(name) for name in used} for row in rows], schema=schema)


def ingested(store: Path, **tables: list[Row]) -> IngestReceipt:
    """Write tables to `store/tables/`. Unless given, practices P00001 and P00002 are in clusters C1 and C2."""
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
    """Write settings of a site in `folder` with one code list, given as the text of a CSV file."""
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
