from __future__ import annotations

import datetime as dt
import json
import time
from concurrent.futures import ThreadPoolExecutor

import openpyxl
import polars as pl
import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from pipeline.carriers.folder import FolderCarrier
from pipeline.ledger import entries
from pipeline.publish.prepared import prepared
from pipeline.release import approve, audit, review

AS_OF = dt.date(2026, 4, 1)
TODAY = dt.date(2026, 4, 9)


@pytest.fixture
def out(published):
    return published(people=60).parent


@pytest.fixture
def carrier(tmp_path):
    return FolderCarrier(tmp_path / "clusters")


@pytest.fixture
def tables(tmp_path):
    """The newest registrations: everybody in the borough is still registered where they were."""
    folder = tmp_path / "newest"
    folder.mkdir()
    people = range(60)
    pl.DataFrame(
        {
            "person_id": [f"p{n:04d}" for n in people],
            "practice_code": [f"X0000{n % 2 + 1}" for n in people],
            "registered_from": [dt.date(2020, 1, 1)] * 60,
            "registered_to": [None] * 60,
            "death_date": [None] * 60,
        },
        schema_overrides={"registered_to": pl.Date, "death_date": pl.Date},
    ).write_parquet(folder / "registrations.parquet")
    return folder


def alarmed(out, *names):
    """The same run with alarms in its report."""
    remade(out, "report.json", json.dumps({"alarms": [{"name": name, "detail": ""} for name in names]}).encode())


def remade(out, name, content):
    """The same run with changed content of a file, and a manifest that matches it."""
    from pipeline.publish import files

    folder = out / str(AS_OF)
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for entry in manifest["files"]:
        if entry["path"] == name:
            entry["sha256"] = files._sha256(folder / name)
    (folder / "manifest.json").write_bytes(files.as_json(manifest))


def test_summary_counts_and_names_nobody(out):
    seen = review.summary(out, AS_OF)
    assert seen.listed == {"C1": 10, "C2": 10}
    assert (seen.previous, seen.stayed, seen.joined, seen.left, seen.decision) == ("", 0, 20, 0, "")
    assert "p00" not in str(seen)


def test_nothing_leaves_without_approval(out, carrier, tables):
    with pytest.raises(RunFailed, match="has not been approved"):
        approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    approve.reject(out, AS_OF, who="B. Lead", why="Lists look wrong")
    with pytest.raises(RunFailed, match="was rejected"):
        approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    assert not carrier.root.exists()


def test_approved_lists_arrive_once_each_recorded_with_its_hashes(out, carrier, tables):
    approve.approve(out, AS_OF, who="B. Lead", why="Checked with practices")
    first = approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    second = approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    assert (first.delivered, first.already_there, first.taken_off) == (18, 0, {})
    assert (second.delivered, second.already_there) == (0, 18)
    there = carrier.root / "C1" / "2026-04-01"
    prepared = out / "2026-04-01" / "lists" / "C1"
    assert {p.name for p in there.iterdir()} == {p.name for p in prepared.iterdir()} | {"reidentify.html"}
    dated = ("risk-list.html", "risk-list.xlsx", "profile.html")
    same = [p for p in prepared.iterdir() if p.name not in dated]
    assert all((there / p.name).read_bytes() == p.read_bytes() for p in same)
    assert "Released on 9 April 2026. Use until 24 May 2026." in (there / "risk-list.html").read_text()
    draft = (prepared / "risk-list.html").read_text()
    assert "A draft: nobody has released this list yet." in draft
    assert "Edition 1" not in draft  # which edition it is depends on what the cluster has when it is released
    assert "people like this have an unplanned hospital stay within a year" in (there / "risk-list.html").read_text()
    log = audit.read(out / "audit")
    assert [e.action for e in log] == ["approved", "delivered", "delivered", "released", "released"]
    assert set(log[1].facts["files"]) == {p.name for p in there.iterdir()}
    assert "p00" not in (out / "audit" / audit.ENTRIES).read_text()
    assert audit.verify(out / "audit") == []


class SlowCarrier(FolderCarrier):
    """A carrier that takes so long that a second delivery would start in between."""

    def carry(self, cluster, run, content, occasion=1):
        time.sleep(0.2)
        super().carry(cluster, run, content, occasion)


def test_releases_at_once_deliver_once(out, tables, tmp_path):
    carrier = SlowCarrier(tmp_path / "clusters")
    approve.approve(out, AS_OF, who="B. Lead", why="Checked with practices")
    with ThreadPoolExecutor(4) as pool:
        asked = [
            pool.submit(approve.release, out, AS_OF, carrier, tables=tables, today=TODAY, who="ops") for _ in range(4)
        ]
        assert sorted(each.result().delivered for each in asked) == [0, 0, 0, 18]
    assert [e.action for e in audit.read(out / "audit")].count("delivered") == 2


def test_people_who_died_moved_or_opted_out_are_taken_off_every_file(out, carrier, tables):
    path = tables / "registrations.parquet"
    person = pl.col("person_id")
    pl.read_parquet(path).filter(person != "p0004").with_columns(
        death_date=pl.when(person == "p0000").then(dt.date(2026, 4, 3)).otherwise("death_date"),
        registered_to=pl.when(person == "p0002").then(dt.date(2026, 4, 5)).otherwise("registered_to"),
    ).write_parquet(path)
    approve.approve(out, AS_OF, who="B. Lead", why="Checked")
    done = approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    assert done.taken_off == {"died": 1, "moved away": 1, "opted out, or no longer in the extracts": 1}
    there = carrier.root / "C1" / "2026-04-01"
    rows = pl.read_parquet(there / "risk-list.parquet")
    assert rows.height == 7
    assert rows["rank"].to_list() == [4, 5, 6, 7, 8, 9, 10]
    book = openpyxl.load_workbook(there / "risk-list.xlsx")
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert not cells & {"p0000", "p0002", "p0004"}
    for file in (file for file in there.iterdir() if file.suffix in (".csv", ".html", ".json")):
        assert not any(gone in file.read_bytes() for gone in (b"p0000", b"p0002", b"p0004")), file.name


def test_someone_who_dies_after_the_delivery_is_taken_off_by_the_next(out, carrier, tables):
    approve.approve(out, AS_OF, who="B. Lead", why="Checked")
    approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    path = tables / "registrations.parquet"
    died = pl.when(pl.col("person_id") == "p0000").then(dt.date(2026, 4, 8)).otherwise("death_date")
    pl.read_parquet(path).with_columns(death_date=died).write_parquet(path)
    again = approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    assert (again.delivered, again.already_there) == (9, 9)
    assert "p0000" not in pl.read_parquet(carrier.root / "C1" / "2026-04-01" / "risk-list.parquet")["person_id"]


def test_alarms_must_be_accepted_by_name(out):
    alarmed(out, "drift", "calibration")
    with pytest.raises(ConfigurationError) as raised:
        approve.approve(out, AS_OF, who="B. Lead", why="Checked", accept=["drift", "leakage"])
    assert [("'calibration' is not accepted" in p, "no alarm 'leakage'" in p) for p in raised.value.problems] == [
        (True, False),
        (False, True),
    ]
    entry = approve.approve(out, AS_OF, who="B. Lead", why="Known", accept=["drift", "calibration"])
    assert entry.facts["accepted"] == ["calibration", "drift"]


@pytest.mark.parametrize("said", [{"who": " ", "why": "x"}, {"who": "x", "why": ""}])
def test_a_decision_has_a_name_and_a_reason(out, said):
    with pytest.raises(ConfigurationError):
        approve.approve(out, AS_OF, **said)
    assert audit.read(out / "audit") == []


def test_nothing_leaves_by_an_approval_that_was_written_by_hand(out, carrier, tables):
    approve.reject(out, AS_OF, who="B. Lead", why="Lists look wrong")
    log = out / "audit" / audit.ENTRIES
    log.write_text(log.read_text().replace('"rejected"', '"approved"'))
    with pytest.raises(RunFailed, match="nothing is released with it"):
        approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    assert not carrier.root.exists()


def test_an_approval_holds_for_exactly_the_files_approved(out, carrier, tables):
    approve.approve(out, AS_OF, who="B. Lead", why="Checked")
    alarmed(out, "drift")
    with pytest.raises(RunFailed, match="has not been approved"):
        approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")


def test_a_damaged_run_cannot_be_approved_nor_released(out):
    (out / "2026-04-01" / "lists" / "C1" / "risk-list.csv").write_text("other")
    with pytest.raises(RunFailed, match="not what the manifest says"):
        approve.approve(out, AS_OF, who="B. Lead", why="Checked")


def test_a_run_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(RunFailed, match="no complete run"):
        review.summary(tmp_path, AS_OF)


def test_a_second_list_of_the_same_date_is_compared_with_the_one_delivered(published, borough, out, carrier, tables):
    approve.approve(out, AS_OF, who="B. Lead", why="Checked")
    approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    published(borough(people=60, list_size=9))
    seen = review.summary(out, AS_OF)
    assert (seen.stayed, seen.joined, seen.left, seen.decision) == (18, 0, 2, "")
    assert seen.changes == "on both: 18, added: 0, taken off: 2, against edition 1 of 1 April 2026"
    assert seen.earlier.startswith("approved by B. Lead on ")
    approve.approve(out, AS_OF, who="B. Lead", why="Shorter")
    second = approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    again = approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    assert ((second.delivered, second.already_there), (again.delivered, again.already_there)) == ((18, 0), (0, 18))
    there = carrier.root / "C1" / "2026-04-01"
    assert pl.read_csv(there / "risk-list.csv")["edition"].unique().to_list() == [2]
    page = (there / "risk-list.html").read_text()
    assert "Edition 2" in page
    assert "replaces edition 1, delivered on 9 April 2026" in page
    for name in ("profile.html", "reidentify.html"):
        assert "Goes with edition 2 of the list. Released on 9 April 2026." in (there / name).read_text()
    assert json.loads((there / "risk-list.fhir.json").read_text())["identifier"]["value"] == "C1/2026-04-01/2"
    assert "p0018" in page  # off the list, for anybody who worked with the first edition
    delivered = [e.facts["edition"] for e in audit.read(out / "audit") if e.action == "delivered"]
    assert delivered == [1, 1, 2, 2]


def test_pages_that_look_different_since_an_upgrade_are_the_same_edition_of_the_same_list(out, carrier, tables):
    approve.approve(out, AS_OF, who="B. Lead", why="Checked")
    approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    remade(out, "reidentify.html", (out / str(AS_OF) / "reidentify.html").read_bytes() + b"<!-- newer -->")
    approve.approve(out, AS_OF, who="B. Lead", why="Checked")
    second = approve.release(out, AS_OF, carrier, tables=tables, today=TODAY + dt.timedelta(days=1), who="ops")
    assert (second.delivered, second.already_there) == (18, 0)
    assert [e.facts["edition"] for e in audit.read(out / "audit") if e.action == "delivered"] == [1, 1, 1, 1]
    assert "Released on 9 April 2026." in (carrier.root / "C1" / "2026-04-01" / "risk-list.html").read_text()


def test_what_is_released_is_in_the_ledger_once(out, carrier, tables):
    approve.approve(out, AS_OF, who="A. Lead", why="checked")
    for _ in range(2):
        approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="A. Lead")
    rows = entries.read(out / "store", "releases")
    listed = {each.cluster.code: each for each in prepared(out / str(AS_OF))}
    assert rows.height == sum(each.rows.height + each.others.height for each in listed.values())
    mains = rows.filter(list="main", cluster_code="C1").sort("rank")
    assert mains["person_id"].to_list() == listed["C1"].rows["person_id"].to_list()
    assert rows["chosen"].unique().to_list() == ["rank"]
    assert rows["released_on"].unique().to_list() == [TODAY]


def test_lists_for_call_and_recall_go_out_without_those_who_left(out, carrier, tables):
    from pipeline.publish import files

    folder = out / str(AS_OF)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    due = pl.DataFrame(
        {"practice_code": ["X00001", "X00001"], "person_id": ["p0000", "p9999"], "due": ["NHS Health Check"] * 2}
    )
    (cluster,) = list(manifest["clusters"])[:1]
    path = folder / "lists" / cluster / "prevention.parquet"
    due.write_parquet(path)
    manifest["files"].append({"path": f"lists/{cluster}/prevention.parquet", "sha256": files._sha256(path), "rows": 2})
    (folder / "manifest.json").write_bytes(files.as_json(manifest))
    approve.approve(out, AS_OF, who="B. Lead", why="Checked with practices")
    approve.release(out, AS_OF, carrier, tables=tables, today=TODAY, who="ops")
    text = (carrier.root / cluster / str(AS_OF) / "prevention.csv").read_text(encoding="utf-8-sig")
    assert "p0000" in text
    assert "p9999" not in text
