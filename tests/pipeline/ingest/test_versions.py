"""If a record is delivered again, the newest delivery counts, a deletion deletes, and every row is counted."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ingest import staging, versions
from tests.pipeline.ingest.extracts_on_disk import Extracts

HEAD = "person_id,row_id,event_date,code\n"
EMIS = "ObservationGuid,PatientGuid,OrganisationGuid,EffectiveDate,CodeId,Value,Deleted,IsConfidential\n"


def codes(extracts: Extracts) -> list[str]:
    return sorted(extracts.table("gp_events")["code"].to_list())


def test_the_newest_file_counts_and_within_a_file_the_last_row(extracts):
    one = HEAD + "p1,a,2020-01-01,first\np2,b,2020-01-01,kept\np2,c,2020-01-01,x\n"
    two = (
        HEAD
        + "p1,a,2020-01-02,second\np2,c,2020-01-01,y\np2,c,2020-01-01,z\np1,,2020-01-01,no key\np1,,2020-01-01,no key\n"
    )
    receipt = extracts.write("gp_events", one, two).ingest().tables["gp_events"]
    assert codes(extracts) == ["kept", "no key", "no key", "second", "z"]
    assert (receipt.rows_read, receipt.rows, receipt.superseded, receipt.rejects) == (8, 5, 3, {})
    assert not (extracts.store / "quarantine" / "gp_events.parquet").exists()


def test_a_record_may_move_to_another_person(extracts):
    extracts.write("gp_events", HEAD + "p1,a,2020-01-01,c\n", HEAD + "p2,a,2020-01-01,c\n").ingest()
    assert extracts.table("gp_events")["person_id"].to_list() == ["p2"]


def test_a_newer_version_that_breaks_a_rule_takes_the_older_one_with_it(extracts):
    rows = HEAD + "p1,a,2020-01-01,c\np1,a,nonsense,c\np2,b,nonsense,c\np2,b,2020-01-01,c\n"
    receipt = extracts.write("gp_events", rows).ingest().tables["gp_events"]
    assert extracts.table("gp_events")["row_id"].to_list() == ["b"]
    assert (receipt.rows, receipt.superseded, receipt.rejects) == (1, 2, {"event_date.unreadable": 1})


@pytest.mark.parametrize(
    ("older", "newer"),
    [("2", "10"), ("2025-01-09", "2025-01-10"), ("2025-01-01 09:00:00", "2025-01-01T10:00:00Z"), ("31/01/2025", "01/02/2025"),
     ("", "1"), ("a", "b")],
)  # fmt: skip
def test_a_column_that_says_which_is_newer_goes_before_the_order_of_the_files(extracts, older, newer):
    head = "person_id,row_id,event_date,code,version\n"
    extracts.write("gp_events", f"{head}p1,a,2020-01-01,new,{newer}\n", f"{head}p1,a,2020-01-01,old,{older}\n")
    receipt = extracts.ingest()
    assert codes(extracts) == ["new"]
    text = next(notice.detail for notice in receipt.notices if notice.name == "versions")
    assert "version says which is newest" in text


def test_a_time_that_cannot_be_read_is_the_oldest_and_leaves_the_others_in_order(extracts):
    head = "person_id,row_id,event_date,code,version\n"
    one = head + "p1,a,2020-01-01,new,01/02/2025\np2,b,2020-01-01,new,31/01/2025\n"
    extracts.write("gp_events", one, head + "p1,a,2020-01-01,old,31/01/2025\np2,b,2020-01-01,old,not known\n").ingest()
    assert codes(extracts) == ["new", "new"]


def test_the_order_of_file_names_is_named_where_it_decides(extracts):
    receipt = extracts.write("gp_events", HEAD + "p1,a,2020-01-01,c\n", HEAD + "p1,a,2020-01-01,d\n").ingest()
    text = next(notice.detail for notice in receipt.notices if notice.name == "versions")
    assert "gp_events: 1 row had a newer version" in text
    assert "gp_events_1.csv" in text


def test_identical_rows_are_looked_for_among_the_newest_versions(extracts):
    one = HEAD + "p1,a,2020-01-01,c\np2,b,2020-01-01,c\n"
    two = HEAD + "p1,a,2020-01-01,c\np2,b,2020-01-01,other\n"
    table = extracts.write("gp_events", one, two, drop_identical=True).ingest().tables["gp_events"]
    assert (table.rows_read, table.rows, table.superseded, table.identical_rows, table.dropped) == (4, 2, 2, 0, 0)


def test_emis_deletions_confidential_entries_and_corrections(extracts):
    bulk = EMIS + "{1},p1,{o},2024-06-01,111,,FALSE,FALSE\n{2},p2,{o},2024-06-01,111,,FALSE,FALSE\n"
    bulk += "{3},p2,{o},2024-06-01,222,272,FALSE,FALSE\n{1},p1,{other},2024-06-01,333,,FALSE,FALSE\n"
    delta = (
        EMIS + "{1},,{o},,,,TRUE,\n{2},p2,{o},2024-06-01,111,,FALSE,true\n{3},p2,{o},2024-06-01,222,27.2,FALSE,FALSE\n"
    )
    columns = {"code": "CodeId"}
    receipt = extracts.write("gp_events", bulk, delta, profile="emis", columns=columns).ingest().tables["gp_events"]
    assert extracts.table("gp_events").select("code", "value").rows() == [("333", None), ("222", 27.2)]
    assert (receipt.rows_read, receipt.rows, receipt.superseded, receipt.deleted, receipt.rejects) == (7, 2, 3, 2, {})


def test_emis_patients_are_deregistered_corrected_and_withdrawn(extracts):
    head = "PatientGuid,OrganisationGuid,PracticeCode,DateOfRegistration,DateOfDeactivation,MonthOfBirth,Sex,Deleted,IsConfidential\n"
    bulk = "".join(f"p{n},{{o}},A00001,2010-04-01,,1950-02-01,M,FALSE,FALSE\n" for n in range(1, 6))
    delta = (
        "p1,{o},A00001,2010-04-01,2024-01-01,1950-02-01,M,FALSE,FALSE\np2,{o},A00001,2010-04-01,,1955-02-01,F,FALSE,FALSE\n"
        "p3,{o},,,,,,TRUE,\np4,{o},A00001,2010-04-01,,1950-02-01,M,FALSE,TRUE\n"
        "p1,{new},B00002,2024-01-01,,1950-02-01,M,FALSE,FALSE\n"
    )
    receipt = extracts.write("registrations", head + bulk, head + delta, profile="emis").ingest()
    table = extracts.table("registrations")
    assert table.select("person_id", "practice_code", "sex").rows() == [
        ("p1", "A00001", "1"), ("p1", "B00002", "1"), ("p2", "A00001", "2"), ("p5", "A00001", "1"),
    ]  # fmt: skip
    assert table["registered_to"].drop_nulls().len() == 1
    assert receipt.people == 3
    assert "row_id" not in table.columns


def test_a_slot_that_is_given_back_is_no_appointment_any_more(extracts):
    head = "SlotGuid,PatientGuid,AppointmentDate,Status\n"
    one = head + "{1},p1,2024-01-15,Arrived\n{2},p1,2024-02-15,Booked\n{3},p2,2024-01-15,Arrived\n"
    two = head + "{1},,2024-01-15,\n{2},p1,2024-02-15,DNA\n"
    receipt = extracts.write("appointments", one, two, profile="emis").ingest().tables["appointments"]
    assert extracts.table("appointments").select("row_id", "status").rows() == [("{2}", "dna"), ("{3}", "attended")]
    assert (receipt.rows_read, receipt.superseded, receipt.left_out, receipt.rejects) == (3, 1, 2, {})


# ---- every row is accounted for, whatever is delivered ---------------------------------------------------------------

PEOPLE = ["p1", "p2", "p3", "stranger", "out", ""]
ROWS = st.tuples(
    st.sampled_from(PEOPLE), st.sampled_from(["a", "b", "c", "d", "e", "f", "g", ""]), st.sampled_from(["2020-01-01", "nonsense", ""]),
    st.sampled_from(["x", "y"]), st.sampled_from(["5", "much", ""]), st.sampled_from(["FALSE", "TRUE"]),
)  # fmt: skip


def expected(files: list[list[tuple[str, ...]]]) -> Counter[str]:
    """What happens to each row, one after another, according to the contract."""
    rows = [row for file in files for row in file if row[0] != "out"]
    newest = {row[1]: place for place, row in enumerate(rows) if row[1]}
    found: Counter[str] = Counter()
    for place, (person, key, date, _, value, deleted) in enumerate(rows):
        if key and newest[key] != place:
            found["superseded"] += 1
        elif deleted == "TRUE":
            found["deleted"] += 1
        elif date != "2020-01-01" or not person:
            found["rejected"] += 1
        elif person == "stranger":
            found["unregistered"] += 1
        else:
            found["kept"] += 1
            found["emptied"] += value == "much"
    return found


@settings(max_examples=15)
@given(files=st.lists(st.lists(ROWS, min_size=1, max_size=30), min_size=1, max_size=3), small=st.booleans())
def test_what_comes_in_is_kept_superseded_deleted_quarantined_unregistered_or_opted_out(extracts, files, small):
    extracts.run |= {"max_reject_rate": 1.0, "max_blank_rate": 1.0, "max_unmatched_opt_outs": 1.0}
    extracts.write("opt_outs", "person_id,kind\nout,type1\n")
    head = "PatientGuid,ObservationGuid,EffectiveDate,SnomedCode,Value,Deleted\n"
    written = [head + "".join(",".join(row) + "\n" for row in file) for file in files]
    extracts.write("gp_events", *written, profile="emis")
    with pytest.MonkeyPatch.context() as patch:
        if small:
            patch.setattr(staging, "BUCKET_ROWS", 3)
            patch.setattr(versions, "KEYS_AT_ONCE", 2)
        receipt = extracts.ingest().tables["gp_events"]
    wanted = expected(files)
    found = {
        "kept": receipt.rows, "superseded": receipt.superseded, "deleted": receipt.deleted, "rejected": sum(receipt.rejects.values()),
        "unregistered": receipt.unregistered, "emptied": receipt.emptied.get("value.unreadable", 0),
    }  # fmt: skip
    assert {name: count for name, count in found.items() if count} == {name: n for name, n in wanted.items() if n}
    opted_out = sum(row[0] == "out" for file in files for row in file)
    assert sum(len(file) for file in files) == opted_out + receipt.rows_read
    assert receipt.rows_read == sum(wanted.values()) - wanted["emptied"]
    quarantine = extracts.store / "quarantine" / "gp_events.parquet"
    kept = pl.read_parquet(quarantine).height if quarantine.exists() else 0
    assert kept == wanted["rejected"] + wanted["unregistered"]
