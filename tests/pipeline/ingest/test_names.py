"""Column names in real feeds that identify people are recognised, and no others."""

from __future__ import annotations

import polars as pl

from data_schemas.tables import TABLES
from pipeline.ingest.names import meaning, means_birth_date

IDENTIFYING = {
    "NhsNumber", "PatientBirthDate", "PostcodeOfUsualAddress", "DateOfBirth", "GivenName", "MiddleNames", "Surname",
    "HouseNameFlatNumber", "NumberAndStreet", "Postcode", "CarerName", "EmailAddress", "HomePhone", "MobilePhone",
}  # fmt: skip


def test_of_the_fields_of_real_feeds_exactly_those_that_identify_are_found(shared):
    fields = pl.read_csv(shared / "reference" / "facts" / "extract_fields.csv", infer_schema=False)["code"].drop_nulls()
    assert len(fields) > 400
    assert {name for name in fields if meaning(name) or means_birth_date(name)} == IDENTIFYING


def test_no_column_of_artificial_hes_is_found(shared):
    for path in sorted((shared / "data" / "artificial_hes").glob("*.csv.gz")):
        header = pl.scan_csv(path, infer_schema=False).collect_schema().names()
        assert [name for name in header if meaning(name) or means_birth_date(name)] == []


def test_none_of_our_own_columns_is_found():
    assert [
        name for table in TABLES.values() for name in table.column_names() if meaning(name) or means_birth_date(name)
    ] == []
