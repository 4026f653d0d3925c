"""Every diagnosis of an admission counts, wherever it is in its row."""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipeline.concepts import Concepts
from pipeline.diagnoses import codes_of
from pipeline.stays import diagnosis_concepts, stay_events
from tests.pipeline.extracts import frame

LISTS = pl.DataFrame(
    [("condition.copd", "icd10", "J44", "COPD", True)],
    schema=["concept", "system", "code", "term", "built_in"],
    orient="row",
)
STAY = {
    "person_id": "p", "admission_date": dt.date(2023, 1, 1), "discharge_date": dt.date(2023, 1, 5), "admission_method": "21",
    "discharge_method": "1", "diag_01": "I500", "further_diagnoses": "E119 J44.9||Z99",
}  # fmt: skip


def test_codes_of_every_column_and_of_the_rest():
    table = frame("admissions", [STAY]).lazy()
    assert sorted(codes_of(table, "person_id").collect().rows()) == [
        ("p", code) for code in ("E119", "I500", "J44.9", "Z99")
    ]
    assert codes_of(table.select("person_id")).collect().is_empty()


def test_a_diagnosis_after_the_twentieth_is_an_event():
    concepts = Concepts(LISTS)
    table = frame("admissions", [STAY]).with_columns(person=pl.lit(0, pl.Int32))
    events = stay_events(table, diagnosis_concepts(table.lazy(), concepts, "icd10"), concepts, [dt.date(2024, 1, 1)])
    assert concepts.ids["condition.copd"] in events["concept"].to_list()
