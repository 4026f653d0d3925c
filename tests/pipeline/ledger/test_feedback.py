from __future__ import annotations

import datetime as dt

import openpyxl
import polars as pl
import pytest

from data_schemas.errors import DataRefused
from pipeline.ledger import entries
from pipeline.ledger.feedback import files, read
from pipeline.ledger.history import history
from pipeline.ledger.outcome_words import OUTCOMES, REST_DAYS, outcome_in
from pipeline.ledger.written_dates import date_in, has_two_readings

AS_OF = dt.date(2026, 4, 1)


def saved(folder, *rows, header="person_id,outcome,outcome_date", name="outcomes.csv"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def resting(tmp_path, paths, as_of=AS_OF):
    """People who stay off lists for some time, according to the ledger."""
    found = read(paths, as_of)
    store = tmp_path / "ledger-of-test"
    store.mkdir(exist_ok=True)
    found.rows.select("person_id").unique().write_parquet(store / "people.parquet")
    entries.record_feedback(store, found, store / "people.parquet")
    return history(store, as_of).resting


@pytest.mark.parametrize(
    ("outcome", "date", "rests"),
    [
        ("Declined", "2025-04-02", True),  # 365 days: until 2 April 2026
        ("Declined", "2025-04-01", False),
        ("Could not reach", "2026-03-03", True),  # 30 days: until 2 April 2026
        ("Could not reach", "2026-03-02", False),
        ("Seen: offer taken up", "2025-12-01", True),
        ("SEEN support taken up", "2025-12-01", True),
        ("Not suitable: lives in a care home", "2025-12-01", True),
        ("", "", False),
    ],
)
def test_rest_depends_on_the_outcome(tmp_path, outcome, date, rests):
    path = saved(tmp_path, f'p1,"{outcome}",{date}')
    assert resting(tmp_path, [path]) == ({"p1"} if rests else set())


def test_the_longest_rest_counts(tmp_path):
    path = saved(tmp_path, "p1,Declined,2025-12-01", "p1,Could not reach,2026-01-01")
    assert resting(tmp_path, [path]) == {"p1"}


@pytest.mark.parametrize(
    "earlier", ["Seen: offer taken up", "Seen: no offer wanted now", "Declined", "Not suitable", "Could not reach"]
)
def test_the_words_of_earlier_lists_go_on_being_read(earlier):
    assert outcome_in(earlier) in REST_DAYS
    assert outcome_in(earlier.upper()) == outcome_in(f"  {earlier.lower().replace(':', '')} ")


def test_the_choices_fit_a_drop_down():
    assert sum(len(outcome.name) + 1 for outcome in OUTCOMES) <= 255
    assert not any("," in outcome.name for outcome in OUTCOMES)


@pytest.mark.parametrize(
    "written",
    [
        "2026-04-12", "12/04/2026", "12/4/2026", "12/4/26", "12.4.26", "12-4-26", "12 April 2026", "12th April", "12 Apr 26",
        "12th of April 2026", "12 APRIL", "12/4", "46124", "46124.5", "2026-04-12 00:00:00",
    ],
)  # fmt: skip
def test_dates_as_people_and_spreadsheets_write_them(written):
    assert date_in(written, dt.date(2026, 5, 1)) == dt.date(2026, 4, 12)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "32/1/2026",
        "4/13/2026",
        "0026-04-01",
        "1999-12-31",
        "2062-04-01",
        "1/4/9999",
        "120000",
        "12 Foo 2026",
    ],
)
def test_a_date_that_cannot_be_or_is_far_ahead_is_none(written):
    assert date_in(written, dt.date(2026, 5, 1)) is None


def test_a_date_without_its_year_is_the_latest_such_day():
    assert date_in("12th December", dt.date(2026, 5, 1)) == dt.date(2025, 12, 12)


def test_one_bad_cell_sets_its_row_aside_with_its_place_and_no_value(tmp_path):
    path = saved(
        tmp_path,
        "p1,Went fishing,2026-01-01",
        "p2,Declined,1 Janvier",
        "",
        "p3,Declined,32/01/2026",
        "p4,Declined,2026-01-01",
    )
    found = read([path], AS_OF)
    assert [(one.file, one.row) for one in found.set_aside] == [
        ("outcomes.csv", 2),
        ("outcomes.csv", 3),
        ("outcomes.csv", 5),
    ]
    assert found.rows["person_id"].to_list() == ["p4"]
    assert [(one.rows, one.stored, one.set_aside) for one in found.files] == [(4, 1, 3)]
    text = "\n".join(map(str, found.set_aside))
    assert "row 2: outcome cannot be read" in text
    assert "the day first" in text
    assert not any(word in text for word in ("fishing", "Janvier", "32/01", "p1"))


def test_a_date_in_figures_that_may_be_meant_the_other_way_counts_and_is_asked_about(tmp_path):
    days = ("3/4/40", "5.3.2040", "13/4/40", "4/4/40", "3 April 2040", "3/9/39")
    path = tmp_path / "feedback.csv"
    path.write_text(
        "person_id,outcome,outcome_date\n" + "".join(f"p{n},Declined,{day}\n" for n, day in enumerate(days))
    )
    found = read([path], dt.date(2040, 4, 20))
    assert found.rows["outcome_date"].to_list()[:2] == [dt.date(2040, 4, 3), dt.date(2040, 3, 5)]
    assert found.rows.height == len(days)
    assert [one.row for one in found.two_readings] == [2, 3]
    assert "was read with the day first" in str(found.two_readings[0])
    assert "3/4" not in str(found.two_readings[0])


def test_a_date_has_two_readings_only_where_both_are_of_late():
    latest = dt.date(2026, 5, 20)
    assert [has_two_readings(text, latest) for text in ("3/4/26", "4/4/26", "13/4/26", "3/8/26", "3/4/24", "3 April")] == [
        True, False, False, False, False, False,
    ]  # fmt: skip


def test_strict_stops_at_any_row(tmp_path):
    with pytest.raises(DataRefused, match=r"outcomes\.csv, row 2: outcome cannot be read"):
        read([saved(tmp_path, "p1,Went fishing,2026-01-01")], AS_OF, strict=True)


def test_an_outcome_may_be_dated_after_the_as_of_date_of_a_run(tmp_path):
    """The run of 1 April is made on the 9th, so outcomes of the list before may be dated the 5th."""
    assert resting(tmp_path, [saved(tmp_path, "p1,Declined,2026-04-05")]) == {"p1"}
    ahead = dt.date(2150, 1, 1)  # later than any clock that runs this
    assert read([saved(tmp_path, "p1,Declined,2150-02-01")], ahead).rows.height == 1
    assert read([saved(tmp_path, "p1,Declined,2150-02-02")], ahead).rows.height == 0


def test_pseudonyms_that_were_made_safe_for_spreadsheets_are_known(tmp_path):
    assert resting(tmp_path, [saved(tmp_path, "'+ab=,Declined,2026-03-01")]) == {"+ab="}


def test_needs_and_scales_are_kept(tmp_path):
    header = "person_id,outcome,outcome_date,needs,happy_before,happy_after,lonely_before"
    path = saved(
        tmp_path,
        "p1,Seen: support taken up,2026-03-01,Housing; money and benefits,3,6,Often or always",
        "p2,Declined,2026-03-01,Sailing,,,",
        "p3,Declined,2026-03-01,,11,,Sometimes",
        header=header,
    )
    found = read([path], AS_OF)
    row = found.rows.row(0, named=True)
    assert (row["needs"], row["happy_before"], row["happy_after"]) == ("Housing; Money and benefits", 3.0, 6.0)
    assert row["lonely_before"] == "Often or always"
    assert [one.row for one in found.set_aside] == [3, 4]
    assert "happy_before is not a number from 0 to 10 and lonely_before" in found.set_aside[1].problem


def test_the_team_adds_people_and_takes_them_off(tmp_path):
    path = saved(
        tmp_path,
        "p1,add,Recent fall,2026-03-20",
        "p2,Take off,Lives in a care home,20/3/26",
        "p3,add,Because,2026-03-20",
        header="person_id,change,reason,change_date",
        name="team.csv",
    )
    found = read([path], AS_OF)
    assert found.rows.select("person_id", "kind", "reason").rows() == [
        ("p1", "add", "Recent fall"), ("p2", "take_off", "Lives in a care home"),
    ]  # fmt: skip
    assert "reason cannot be read" in str(found.set_aside[0])


def filled_in(folder, outcomes, sheet="Everyone"):
    """The list's own workbook, filled in and saved by another program."""
    book = openpyxl.load_workbook(folder / "risk-list.xlsx")
    for row, (outcome, date) in outcomes.items():
        headings = {cell.value: cell.column for cell in book[sheet][3]}
        book[sheet].cell(row, headings["Outcome"]).value = outcome
        book[sheet].cell(row, headings["Date of outcome"]).value = date
    path = folder / "filled.xlsx"
    book.save(path)
    return path


def test_the_filled_in_workbook_gives_people_rest(published, tmp_path):
    folder = published() / "lists" / "C1"
    first, _ = pl.read_parquet(folder / "risk-list.parquet")["person_id"].head(2)
    path = filled_in(folder, {4: ("Declined", dt.date(2026, 3, 1)), 5: ("Could not reach", dt.date(2025, 1, 1))})
    assert resting(tmp_path, [path]) == {first}
    assert read([folder / "risk-list.xlsx"], AS_OF).rows.is_empty()
    aside = read([filled_in(folder, {6: ("Declined", None)})], AS_OF).set_aside
    assert [(one.sheet, one.row) for one in aside] == [("Everyone", 6)]


@pytest.mark.parametrize("content", [b"no workbook", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_workbook_stops_the_run_by_name(tmp_path, content):
    (tmp_path / "other.xlsx").write_bytes(content)
    with pytest.raises(DataRefused, match=r"other\.xlsx: cannot be read as a workbook"):
        read([tmp_path / "other.xlsx"], AS_OF)


def test_every_file_is_read_or_refused(tmp_path):
    for name in ("b.CSV", "a.XLSX", "North/c.csv", "~$a.xlsx", ".~lock.a.xlsx", "Thumbs.db", "d.ods"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = files(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["North/c.csv", "a.XLSX", "b.CSV", "d.ods"]
    with pytest.raises(DataRefused) as refused:
        read(found, AS_OF)
    assert "d.ods: is not a kind of file that is read here; save it as .xlsx or .csv" in "\n".join(
        refused.value.problems
    )
    assert files(tmp_path / "none") == ()


@pytest.mark.parametrize("name", ["UPPER.CSV", "North/outcomes.csv"])
def test_whatever_the_case_of_its_ending_and_wherever_it_lies(tmp_path, name):
    saved(tmp_path, "p1,Declined,2026-03-01", name=name)
    assert read(files(tmp_path), AS_OF).rows["person_id"].to_list() == ["p1"]


def test_a_macro_workbook_is_read_as_any_other(published, tmp_path):
    path = filled_in(published() / "lists" / "C1", {4: ("Declined", dt.date(2026, 3, 1))})
    assert read([path.rename(path.with_suffix(".xlsm"))], AS_OF).rows.height == 1


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(DataRefused, match="outcome_date"):
        read([saved(tmp_path, "p1,Declined", header="person_id,outcome")], AS_OF)


def test_people_who_rest_are_on_no_list_and_their_places_go_to_the_next(borough, published, tmp_path):
    path = saved(tmp_path, "p0000,Declined,2026-03-01", "p0004,Declined,2026-03-01")
    folder = published(borough(feedback=(path,)))
    rows = pl.read_parquet(folder / "lists" / "C1" / "risk-list.parquet")
    assert rows["person_id"].to_list() == [f"p{n:04d}" for n in (2, 6, 8, 10, 12, 14, 16, 18, 20, 22)]
    assert rows["rank"].to_list() == list(range(1, 11))
