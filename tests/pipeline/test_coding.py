"""Which codes the code lists know, concepts that match nothing, and values in other units or out of range."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from data_schemas.codelists import load_codelists
from data_schemas.measures import measures
from pipeline import coding, events
from pipeline.concepts import Concepts
from tests.pipeline.extracts import ingested, registration, site

D = dt.date(2023, 1, 1)
BMI, HBA1C, WEIGHT, HAEMOGLOBIN = "60621009", "999791000000106", "27113001", "1022431000000105"
LYMPHOMA = "1090241000000107"


def gp(code, value=None, unit=None):
    return {"person_id": "p1", "event_date": D, "code": code, "value": value, "unit": unit}


def found(tmp_path, lists="", **tables):
    ingest = ingested(tmp_path, registrations=[registration("p1")], **tables)
    return coding.coding_of(site(tmp_path, codelists=lists), ingest)


def latest(tmp_path, *rows):
    """Values of measurements in the event log, by concept."""
    ingest = ingested(tmp_path, registrations=[registration("p1")], gp_events=list(rows))
    concepts = Concepts(load_codelists())
    log = events.write_log(concepts, ingest, tmp_path)
    names = {number: name for name, number in concepts.ids.items()}
    logged = pl.read_parquet(events.bucket_path(log.path, 0)).filter(pl.col("concept") != concepts.ids["gp.event"])
    return [(names[c], v) for c, v in logged.select("concept", "value").iter_rows() if names[c].startswith("measure.")]


def test_shares_of_codes_and_rows_that_the_lists_know(tmp_path):
    admissions = [
        {"person_id": "p1", "admission_date": D, "admission_method": "21", "diag_01": "J44.9", "further_diagnoses": "I509 ZZ99"}
    ]  # fmt: skip
    items = [{"person_id": "p1", "issue_date": D, "bnf_code": code} for code in ("0212000B0", "9999", None)]
    seen = found(tmp_path, gp_events=[gp(BMI), gp(BMI), gp("EMISNQ1")], admissions=admissions, prescriptions=items)
    shares = {name: (known.share_of_codes, known.share_of_rows) for name, known in seen.tables.items()}
    assert shares == {
        "gp_events": (0.5, pytest.approx(2 / 3, abs=1e-4)),
        "admissions": (pytest.approx(2 / 3, abs=1e-4), pytest.approx(2 / 3, abs=1e-4)),
        "prescriptions": (0.5, 0.5),
    }


def test_concepts_of_the_sites_list_that_match_nothing_are_named(tmp_path):
    lists = (
        "x.hit,icd10,I50.-,\nx.miss,icd10,Q99,\nx.miss,icd10,Q98,\nx.drug,bnf,0212,\nx.code,snomed,1090241000000107,\n"
    )
    admissions = [{"person_id": "p1", "admission_date": D, "admission_method": "21", "diag_01": "I509"}]
    seen = found(tmp_path, lists, gp_events=[gp(LYMPHOMA + ".0")], admissions=admissions)
    assert seen.unmatched == {"x.miss": 2, "x.drug": 1}
    (notice,) = coding.notices(seen)
    assert notice.name == "unmatched_concepts"
    assert "x.miss (2 codes)" in notice.detail


def test_icd9_tables_know_the_sites_icd9_lists_and_no_built_in_ones(tmp_path):
    lists = "x.failure,icd9,428,\n"
    admissions = [
        {"person_id": "p1", "admission_date": D, "admission_method": "21", "diag_01": code} for code in ("4280", "E119")
    ]
    ingest = ingested(tmp_path, registrations=[registration("p1")], admissions=admissions)
    known = {
        system: coding.coding_of(site(tmp_path, codelists=lists, diag_system=system), ingest).tables["admissions"]
        for system in ("icd9", "icd10", "any")
    }
    assert {system: k.codes_known for system, k in known.items()} == {"icd9": 1, "icd10": 2, "any": 2}


def test_a_table_whose_codes_no_list_knows_is_named(tmp_path):
    seen = found(tmp_path, gp_events=[gp("OWN1"), gp("OWN2")])
    ((name, detail),) = [(notice.name, notice.detail) for notice in coding.notices(seen)]
    assert (name, detail[:52]) == ("unknown_codes", "gp_events: no code list knows any of its 2 codes, so")


def test_codes_that_a_spreadsheet_damaged_are_counted(tmp_path):
    rows = [
        gp(code)
        for code in ("1090241000000100", "1.09024E+15", "1.09E+15", LYMPHOMA, LYMPHOMA + ".0", "73211008", "OWN1", BMI)
    ]
    seen = found(tmp_path, gp_events=rows)
    assert (seen.tables["gp_events"].rounded, seen.tables["gp_events"].check_digit) == (3, 1)
    assert [notice.name for notice in coding.notices(seen)] == ["rounded_codes", "wrong_check_digits"]


@pytest.mark.parametrize(
    ("code", "value", "unit", "meant"),
    [
        (BMI, 27.0, "kg/m2", 27.0), (BMI, 27.0, "kg/m\u00b2", 27.0), (BMI, 27.0, None, 27.0), (BMI, 27.0, "a mystery", 27.0),
        (BMI, 0.0, "kg/m2", None), (BMI, -1.0, None, None), (BMI, 9999.0, None, None),
        (HBA1C, 48.0, "mmol/mol", 48.0), (HBA1C, 6.5, "%", 47.53), (HBA1C, 6.5, None, None),
        (WEIGHT, 12.0, "stone", 76.2), (WEIGHT, 154.0, "[lb_av]", 69.85), (WEIGHT, 70.0, "Kg", 70.0),
        (HAEMOGLOBIN, 13.5, "g/dl", 135.0), (HAEMOGLOBIN, 135.0, "g/L", 135.0),
    ],
)  # fmt: skip
def test_values_come_in_the_concepts_own_unit_and_are_empty_where_not_plausible(tmp_path, code, value, unit, meant):
    ((_, seen),) = latest(tmp_path, gp(code, value, unit))
    assert seen == (None if meant is None else pytest.approx(meant, abs=0.01))


def test_values_out_of_range_are_counted(tmp_path):
    rows = [gp(BMI, value) for value in (0.0, 27.0, 9999.0, None)] + [gp(HBA1C, 6.5, "%"), gp("OWN", 0.0)]
    seen = found(tmp_path, gp_events=rows)
    assert seen.outside == {"measure.bmi": (2, 3)}


def test_a_measurement_is_one_whatever_a_site_calls_it(tmp_path):
    lists = "x.weight_for_height,snomed,60621009,Body mass index\n"
    seen = found(tmp_path, lists, gp_events=[gp(BMI, value) for value in (0.0, 27.0)])
    assert seen.outside == {"measure.bmi": (1, 2), "x.weight_for_height": (1, 2)}


def test_every_measurement_is_declared_with_its_own_unit():
    units = load_codelists().filter(pl.col("concept").str.starts_with("measure."))["concept"].unique()
    assert set(units) <= set(measures())
    assert all(measure.low < measure.high for measure in measures().values())
