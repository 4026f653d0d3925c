from __future__ import annotations

import datetime as dt

import openpyxl
import polars as pl
import pytest

from data_schemas.errors import DataRefused
from pipeline.release.feedback import files, resting

AS_OF = dt.date(2026, 4, 1)


def saved(folder, *rows, header="person_id,outcome,outcome_date"):
    path = folder / "outcomes.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.mark.parametrize(
    ("outcome", "date", "rests"),
    [
        ("Declined", "2025-04-02", True),  # 365 days: until 2 April 2026
        ("Declined", "2025-04-01", False),
        ("Could not reach", "2026-03-03", True),  # 30 days: until 2 April 2026
        ("Could not reach", "2026-03-02", False),
        ("Seen: offer taken up", "2025-12-01", True),
        ("", "", False),
    ],
)
def test_rest_depends_on_the_outcome(tmp_path, outcome, date, rests):
    path = saved(tmp_path, f'p1,"{outcome}",{date}')
    assert resting([path], AS_OF) == ({"p1"} if rests else set())


def test_the_longest_rest_counts(tmp_path):
    path = saved(tmp_path, "p1,Declined,2025-12-01", "p1,Could not reach,2026-01-01")
    assert resting([path], AS_OF) == {"p1"}


def test_what_cannot_be_read_is_counted_and_no_value_shown(tmp_path):
    path = saved(
        tmp_path,
        "p1,Went fishing,2026-01-01",
        "p2,Declined,1 January",
        "p3,Declined,32/01/2026",
        "p4,Declined,2026-01-01",
    )
    with pytest.raises(DataRefused) as raised:
        resting([path], AS_OF)
    said = "\n".join(raised.value.problems)
    assert "outcome cannot be read in 1 row;" in said
    assert "outcome_date cannot be read in 2 rows;" in said
    assert "fishing" not in said
    assert "January" not in said


@pytest.mark.parametrize("date", ["2026-03-01", "01/03/2026", "1/3/2026", "46082", "46082.5"])
def test_dates_as_people_and_spreadsheets_write_them(tmp_path, date):
    assert resting([saved(tmp_path, f"p1,Could not reach,{date}")], dt.date(2026, 3, 30)) == {
        "p1"
    }  # 30 days: until 31 March
    assert resting([saved(tmp_path, f"p1,Could not reach,{date}")], dt.date(2026, 3, 31)) == set()


@pytest.mark.parametrize("date", ["01/04/26", "0026-04-01", "1999-12-31", "2062-04-01", "01/04/9999", "120000"])
def test_a_date_typed_far_in_the_future_or_without_its_century_is_refused(tmp_path, date):
    """Else somebody who declined would come back at once, or somebody rest for years."""
    path = saved(tmp_path, f"p1,Declined,{date}", "p2,Declined,2026-03-01")
    with pytest.raises(DataRefused, match=r"outcome_date cannot be read in 1 row; .*four digits for the year"):
        resting([path], AS_OF)


def test_an_outcome_may_be_dated_after_the_as_of_date_of_a_run(tmp_path):
    """The run of 1 April is made on the 9th; what came of the list before may be of the 5th."""
    assert resting([saved(tmp_path, "p1,Declined,2026-04-05")], AS_OF) == {"p1"}
    ahead = dt.date(2150, 1, 1)  # later than any clock that runs this
    assert resting([saved(tmp_path, "p1,Declined,2150-02-01")], ahead) == {"p1"}
    with pytest.raises(DataRefused):
        resting([saved(tmp_path, "p1,Declined,2150-02-02")], ahead)


def test_pseudonyms_that_were_made_safe_for_spreadsheets_are_known(tmp_path):
    assert resting([saved(tmp_path, "'+ab=,Declined,2026-03-01")], AS_OF) == {"+ab="}


def filled_in(folder, outcomes, sheet="Cluster"):
    """The list's own workbook, filled in and saved by another program."""
    book = openpyxl.load_workbook(folder / "risk-list.xlsx")
    for row, (outcome, date) in outcomes.items():
        headings = {cell.value: cell.column for cell in book[sheet][3]}
        book[sheet].cell(row, headings["Outcome"]).value = outcome
        book[sheet].cell(row, headings["Date of outcome"]).value = date
    path = folder / "filled.xlsx"
    book.save(path)
    return path


def test_the_filled_in_workbook_gives_people_rest(published):
    folder = published() / "lists" / "C1"
    first, second, third = pl.read_parquet(folder / "risk-list.parquet")["person_id"].head(3)
    path = filled_in(folder, {4: ("Declined", dt.date(2026, 3, 1)), 5: ("Could not reach", dt.date(2025, 1, 1))})
    assert resting([path], AS_OF) == {first}
    assert resting([filled_in(folder, {5: ("Declined", "01/03/2026")}, sheet="X00001")], AS_OF) == {second}
    assert resting([folder / "risk-list.xlsx"], AS_OF) == set()
    with pytest.raises(DataRefused, match="outcome_date cannot be read in 1 row;"):
        resting([filled_in(folder, {6: ("Declined", None)})], AS_OF)
    assert third


@pytest.mark.parametrize("content", [b"no workbook", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_workbook_of_ours_is_said(tmp_path, content):
    (tmp_path / "other.xlsx").write_bytes(content)
    with pytest.raises(DataRefused, match=r"other\.xlsx: has no sheet with the headings"):
        resting([tmp_path / "other.xlsx"], AS_OF)


def test_feedback_files_are_workbooks_and_csv_but_not_what_programs_leave(tmp_path):
    for name in ("b.csv", "a.xlsx", "~$a.xlsx", ".~lock.a.xlsx", "read.me"):
        (tmp_path / name).touch()
    assert [path.name for path in files(tmp_path)] == ["a.xlsx", "b.csv"]
    assert files(tmp_path / "none") == ()


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(DataRefused, match="outcome_date"):
        resting([saved(tmp_path, "p1,Declined", header="person_id,outcome")], AS_OF)


def test_people_who_rest_are_on_no_list_and_their_places_go_to_the_next(borough, published, tmp_path):
    path = saved(tmp_path, "p0000,Declined,2026-03-01", "p0004,Declined,2026-03-01")
    folder = published(borough(feedback=(path,)))
    rows = pl.read_parquet(folder / "lists" / "C1" / "risk-list.parquet")
    assert rows["person_id"].to_list() == [f"p{n:04d}" for n in (2, 6, 8, 10, 12, 14, 16, 18, 20, 22)]
    assert rows["rank"].to_list() == list(range(1, 11))
