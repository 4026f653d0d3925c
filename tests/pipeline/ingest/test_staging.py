"""Rows are written in order and once, with the same bytes however the work was divided."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from data_schemas.errors import RunFailed
from data_schemas.receipts import IngestReceipt, TableReceipt
from pipeline.ingest import buckets, staging, versions
from pipeline.ingest.admission import Admission
from tests.pipeline.ingest.extracts_on_disk import D, Extracts

WHOLE = staging.Staged.ordered
REGISTRATIONS, STAGED = Admission._registrations, Admission._staged


def many(extracts: Extracts, **section: bool) -> Extracts:
    """600 people with 20 events each in two shuffled files, with unknown people and bad rows among them."""
    rng = random.Random(3)
    people = [f"p{number:04d}" for number in range(600)]
    rng.shuffle(people)
    head = "person_id,practice_code,registered_from,birth_month,sex\n"
    extracts.write(
        "registrations", head + "".join(f"{person},A00001,2010-04-01,1950-02-01,1\n" for person in people[:580])
    )
    rows = [f"{rng.choice(people)},2020-01-{rng.randint(0, 30):02d},c{rng.randint(0, 9)}\n" for _ in range(12_000)]
    head = "person_id,event_date,code\n"
    return extracts.write("gp_events", head + "".join(rows[:7000]), head + "".join(rows[7000:]), **section)


def counts(receipt: IngestReceipt) -> dict[str, TableReceipt]:
    """The receipts' counts of rows, but not of bytes, because row groups end with buckets."""
    return {name: replace(table, sha256="") for name, table in receipt.tables.items()}


def test_rows_come_in_the_order_of_people_then_of_the_files(extracts):
    extracts.write(
        "gp_events",
        "person_id,event_date,code\np2,2020-01-01,a\np1,2021-01-01,b\np2,2019-01-01,c\n",
        "person_id,event_date,code\np1,2018-01-01,d\n",
    )
    extracts.ingest()
    assert extracts.table("gp_events").select("person", "code").rows() == [(0, "b"), (0, "d"), (1, "a"), (1, "c")]


def test_people_are_numbered_in_the_order_of_their_pseudonyms(extracts):
    receipt = many(extracts).ingest()
    people = pl.read_parquet(receipt.people_path)
    assert people.schema == {"person": pl.Int32, "person_id": pl.String}
    assert people["person"].to_list() == list(range(580))
    assert people["person_id"].is_sorted()
    for name in ("registrations", "gp_events"):
        table = extracts.table(name)
        assert table["person"].is_sorted()
        assert table.join(people, on=["person", "person_id"], how="anti").is_empty()


def test_buckets_change_neither_rows_nor_counts(extracts, monkeypatch):
    whole = counts(many(extracts, drop_identical=True).ingest())
    before = [extracts.table(name) for name in whole]
    monkeypatch.setattr(staging, "BUCKET_ROWS", 700)
    monkeypatch.setattr(versions, "KEYS_AT_ONCE", 900)
    monkeypatch.setattr(staging, "FILES_AT_ONCE", 1)
    assert counts(extracts.ingest()) == whole
    for name, table in zip(whole, before, strict=True):
        assert extracts.table(name).equals(table)
    assert not list(extracts.store.glob(".*"))


def test_no_more_of_any_table_is_in_memory_than_some_buckets_however_many_rows_it_has(extracts, monkeypatch):
    written: dict[str, list[pl.DataFrame]] = {}

    def ordered(staged: staging.Staged, *args: object) -> pl.DataFrame:
        frame = WHOLE(staged, *args)
        written.setdefault(staged.checked.name, []).append(frame)
        return frame

    monkeypatch.setattr(staging, "BUCKET_ROWS", 100)
    monkeypatch.setattr(staging.Staged, "ordered", ordered)
    many(extracts).ingest()
    for name in ("registrations", "gp_events"):
        frames = written[name]
        assert sum(frame.height for frame in frames) == extracts.table(name).height
        assert max(frame.height for frame in frames) < 200
        assert all(a["person"].max() < b["person"].min() for a, b in pairwise(frames))


def test_few_files_are_read_together_and_a_column_that_some_lack_is_empty_there(extracts, monkeypatch):
    scans = []

    def distribute(rows: pl.LazyFrame, *where: Any) -> None:
        scans.append(rows.explain(optimized=False).count("Csv SCAN"))
        buckets.distribute(rows, *where)

    monkeypatch.setattr(staging, "distribute", distribute)
    without, having = (
        "person_id,event_date,code\np1,2020-01-01,a\n",
        "person_id,event_date,code,value\np1,2020-01-01,b,5\n",
    )
    extracts.write("gp_events", *[without] * 6, having, *[without] * 6).ingest()
    assert max(scans) == buckets.FILES_AT_ONCE
    assert (
        extracts.table("gp_events").select("code", "value").rows()
        == [("a", None)] * 6 + [("b", 5.0)] + [("a", None)] * 6
    )


def test_what_is_read_is_kept_rejected_set_aside_or_dropped(extracts):
    receipt = many(extracts, drop_identical=True).ingest().tables["gp_events"]
    frame = pl.concat([pl.read_csv(path, infer_schema=False) for path in extracts.files["gp_events"]])
    known = frame.join(extracts.table("registrations"), on="person_id", how="semi")
    bad = frame["event_date"].str.ends_with("-00").sum()
    good = known.filter(~pl.col("event_date").str.ends_with("-00"))
    assert receipt.rows_read == 12_000
    assert receipt.rejects == {"event_date.unreadable": bad}
    assert receipt.unregistered == 12_000 - bad - good.height
    assert receipt.identical_rows == good.height - good.unique().height
    assert receipt.rows == good.unique().height
    assert extracts.quarantine("gp_events").height == bad + receipt.unregistered


SAME = "person_id,event_date,code,time\np1,2020-01-01,c,10:00\np1,2020-01-01,c,10:00\np1,2020-01-01,c,11:00\np2,2020-01-01,c,\n"


def test_rows_equal_in_every_column_are_kept_and_counted(extracts):
    receipt = extracts.write("gp_events", SAME).ingest()
    table = receipt.tables["gp_events"]
    assert (table.rows_read, table.rows, table.identical_rows, table.rejects) == (4, 4, 1, {})
    assert "in every column: 1 (25.0%)" in next(n.detail for n in receipt.notices if n.name == "identical_rows")


def test_rows_equal_in_every_column_of_the_file_are_dropped_when_the_site_says_so(extracts):
    table = extracts.write("gp_events", SAME, drop_identical=True).ingest().tables["gp_events"]
    assert (table.rows_read, table.rows, table.identical_rows) == (4, 3, 1)
    assert not (extracts.store / "quarantine" / "gp_events.parquet").exists()


def test_few_identical_rows_are_no_notice(extracts):
    rows = "".join(f"p1,2020-01-01,c{number}\n" for number in range(30))
    receipt = extracts.write("gp_events", f"person_id,event_date,code\n{rows}p1,2020-01-01,c1\n").ingest()
    assert receipt.tables["gp_events"].identical_rows == 1
    assert "identical_rows" not in [notice.name for notice in receipt.notices]


def test_a_second_ingest_gives_the_same_receipt_and_another_content_another_fingerprint(extracts):
    first = extracts.ingest()
    assert extracts.ingest() == first
    extracts.write(
        "admissions", "person_id,admission_date,discharge_date,admission_method\np1,2019-05-01,2019-05-05,21\n"
    )
    assert extracts.ingest().fingerprint != first.fingerprint


@pytest.mark.parametrize("section", [{"diag_system": "icd9"}, {"covers": (D(2019, 1, 1), D(2021, 1, 1))}])
def test_what_else_later_steps_look_at_is_in_the_fingerprint(extracts, section):
    first = extracts.ingest()
    extracts.sections["admissions"] = section
    assert extracts.ingest().fingerprint != first.fingerprint


def test_staged_rows_are_deleted_as_soon_as_they_are_written(extracts, monkeypatch):
    left = []

    def ordered(staged: staging.Staged, *args: object) -> pl.DataFrame:
        if staged.checked.name == "gp_events":
            left.append([number for number in staged.good if buckets.files_of(staged.folder, number)])
        return WHOLE(staged, *args)

    monkeypatch.setattr(staging, "BUCKET_ROWS", 3_000)
    monkeypatch.setattr(staging.Staged, "ordered", ordered)
    many(extracts).ingest()
    assert left == [list(range(first, 5)) for first in range(5)]


def test_a_table_that_is_read_first_waits_for_the_lives_of_the_registered(extracts, monkeypatch):
    def registrations(*args: Any) -> TableReceipt:
        time.sleep(0.5)
        return REGISTRATIONS(*args)

    monkeypatch.setattr(Admission, "_registrations", registrations)
    receipt = extracts.write("gp_events", "person_id,event_date,code\np1,1949-12-31,a\np1,1950-02-01,b\n").ingest()
    assert receipt.tables["gp_events"].warnings == {"event_date.before_birth": 1}
    assert next(iter(receipt.tables)) == "registrations"


def test_after_a_failure_no_further_table_begins(extracts, monkeypatch):
    begun = []

    def fails(*_: Any) -> TableReceipt:
        raise RunFailed("the disk is full")

    def staged(self: Admission, table: Any, *rest: Any) -> staging.Staged:
        begun.append(table.name)
        time.sleep(0.2)
        return STAGED(self, table, *rest)

    monkeypatch.setattr(Admission, "_registrations", fails)
    monkeypatch.setattr(Admission, "_staged", staged)
    with pytest.raises(RunFailed, match="the disk is full"):
        many(extracts).ingest()
    assert begun[0] == "registrations"
    assert len(begun) <= 3, "the two that had begun"
