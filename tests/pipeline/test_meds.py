"""The event log as MEDS: the standard's own schemas accept it, and reading it gives the same events."""

from __future__ import annotations

import datetime as dt
import json

import meds
import polars as pl
import pyarrow.parquet as pq
import pytest

from pipeline import events
from pipeline import meds as exported
from pipeline.concepts import Concepts
from tests.pipeline.extracts import ingested, registration

D = dt.date
AS_OF = D(2024, 1, 1)
LISTS = pl.DataFrame(
    [("measure.bmi", "snomed", "60621009", "BMI", True), ("condition.copd", "icd10", "J44", "COPD", True)],
    schema=["concept", "system", "code", "term", "built_in"],
    orient="row",
)


@pytest.fixture
def folder(tmp_path):
    concepts = Concepts(LISTS)
    ingest = ingested(
        tmp_path,
        registrations=[registration("p1", ethnicity="A"), registration("p2", death_date=D(2023, 5, 1)), registration("p3")],
        gp_events=[
            {"person_id": "p1", "event_date": D(2023, 3, 1), "recorded_date": D(2023, 4, 1), "code": "60621009", "value": 24.5},
            {"person_id": "p1", "event_date": D(2023, 3, 1), "recorded_date": D(2024, 4, 1), "code": "60621009", "value": 99.0},
        ],
        admissions=[
            {"person_id": "p2", "admission_date": D(2022, 5, 1), "discharge_date": D(2022, 5, 4), "admission_method": "21",
             "discharge_method": "1", "diag_01": "J449"},
            {"person_id": "p3", "admission_date": D(2024, 5, 1), "discharge_date": D(2024, 5, 4), "admission_method": "21"},
        ],
    )  # fmt: skip
    log = events.write_log(concepts, ingest, tmp_path)
    for _ in range(2):  # an export takes the place of the one before
        done = exported.write(exported.Site("Test", concepts, "icd10"), ingest, log, AS_OF, tmp_path / "meds")
    assert (done.subjects, done.folder) == (3, str(tmp_path / "meds"))
    return tmp_path / "meds"


def test_the_schemas_of_the_standard_accept_every_file(folder):
    shards = list((folder / meds.data_subdirectory).glob("*.parquet"))
    assert shards
    for shard in shards:
        meds.DataSchema.validate(pq.read_table(shard))
    meds.CodeMetadataSchema.validate(pq.read_table(folder / meds.code_metadata_filepath))
    meds.SubjectSplitSchema.validate(pq.read_table(folder / meds.subject_splits_filepath))
    meds.DatasetMetadataSchema.validate(json.loads((folder / meds.dataset_metadata_filepath).read_text()))


def test_what_is_read_back_is_what_was_known(folder):
    rows = pl.read_parquet(folder / "data" / "*.parquet")
    values = {
        (row["subject_id"], row["code"], row["time"] and row["time"].date(), row["numeric_value"])
        for row in rows.to_dicts()
    }
    assert {
        (0, "MEDS_BIRTH", D(1960, 1, 1), None), (0, "sex//2", None, None), (0, "ethnicity//A", None, None),
        (0, "measure.bmi", D(2023, 3, 1), 24.5), (1, "MEDS_DEATH", D(2023, 5, 1), None),
        (1, "admission.unplanned", D(2022, 5, 1), 3.0), (1, "condition.copd", D(2022, 5, 1), None),
    } <= values  # fmt: skip
    assert not [row for row in values if row[3] == 99.0 or (row[0] == 2 and row[1].startswith("admission"))]
    assert rows.select("subject_id", "time").equals(rows.select("subject_id", "time").sort("subject_id", "time"))
    assert rows["known"].drop_nulls().max() < dt.datetime.combine(AS_OF, dt.time())


def test_every_code_is_described_and_says_what_stands_for_it(folder):
    codes = pl.read_parquet(folder / meds.code_metadata_filepath)
    used = pl.read_parquet(folder / "data" / "*.parquet")["code"].unique()
    assert set(used) <= set(codes["code"])
    described = {row["code"]: row for row in codes.to_dicts()}
    assert described["measure.bmi"]["parent_codes"] == ["SNOMED/60621009"]
    assert described["sex//2"]["description"] == "sex: Female"


def test_every_subject_is_in_one_split(folder):
    splits = pl.read_parquet(folder / meds.subject_splits_filepath)
    assert splits["subject_id"].to_list() == [0, 1, 2]
    assert set(splits["split"]) <= {meds.train_split, meds.tuning_split, meds.held_out_split}
