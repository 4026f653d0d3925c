"""A cached receipt counts where all that it points to is still there, and in this output folder."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from data_schemas.receipts import EventLog, IngestReceipt, Scores, Snapshot, TableReceipt, TrainedModel
from flows.fingerprints import intact

SCORES = ("scores.parquet", "why.parquet", "days.parquet")


@pytest.fixture
def out(tmp_path):
    """An output folder with something of everything in it."""
    store = tmp_path / "out" / "store"
    for name in (
        *SCORES,
        "people.parquet",
        "concepts.json",
        "tables/a.parquet",
        "events/bucket-0000.parquet",
        "models/m/e.json",
    ):
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).touch()
    snapshot = store / "snapshots" / "s"
    for name in ("cohort.parquet", "features/part-0000.parquet"):
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / name).touch()
    (snapshot / "snapshot.json").write_text(json.dumps({"files": ["cohort.parquet", "features/part-0000.parquet"]}))
    return tmp_path / "out"


def receipts(out):
    store = out / "store"
    scores, why, days = (str(store / name) for name in SCORES)
    table = TableReceipt("a", str(store / "tables" / "a.parquet"), "", 0, 0)
    return {
        "ingest": IngestReceipt(str(store), "f", 1, str(store / "people.parquet"), {"a": table}),
        "log": EventLog(str(store / "events"), str(store / "concepts.json"), "f", 1, 1, 1),
        "snapshot": Snapshot(str(store / "snapshots" / "s"), None, 1, "set", "print"),
        "scores": Scores(scores, why, "v", days),
        "model": TrainedModel(
            str(store / "models" / "m"), "v", "c", "f", "r", "n", "1", "", str(store / "models" / "m" / "e.json")
        ),
    }


def test_what_is_whole_is_taken_as_it_is(out):
    assert {name: intact(receipt, out) for name, receipt in receipts(out).items()} == dict.fromkeys(receipts(out), True)


@pytest.mark.parametrize(
    ("gone", "hits"),
    [
        ("people.parquet", "ingest"), ("tables/a.parquet", "ingest"), ("concepts.json", "log"), ("events/bucket-0000.parquet", "log"),
        ("snapshots/s/cohort.parquet", "snapshot"), ("snapshots/s/features/part-0000.parquet", "snapshot"),
        ("snapshots/s/snapshot.json", "snapshot"), ("scores.parquet", "scores"), ("why.parquet", "scores"), ("days.parquet", "scores"),
        ("models/m/e.json", "model"),
    ],
)  # fmt: skip
def test_a_step_whose_files_are_gone_is_done_again(out, gone, hits):
    (out / "store" / gone).unlink()
    assert [name for name, receipt in receipts(out).items() if not intact(receipt, out)] == [hits]


def test_receipts_of_a_folder_that_was_copied_do_not_point_back_to_the_old_one(out, tmp_path):
    assert not any(intact(receipt, tmp_path / "elsewhere") for receipt in receipts(out).values())


def test_a_part_of_a_receipt_counts_as_well(out):
    ingest = receipts(out)["ingest"]
    elsewhere = replace(ingest, tables={"a": replace(ingest.tables["a"], path="/nowhere/a.parquet")})
    assert not intact(elsewhere, out)
