"""The ledger: rows in = stored + refused, the same file adds nothing, and people who opted out are gone."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ledger import entries
from pipeline.ledger.feedback import read
from pipeline.ledger.history import history
from pipeline.ledger.outcome_words import OUTCOMES

AS_OF = dt.date(2026, 4, 1)
EARLIER = dt.date(2026, 3, 1)


def people(folder: Path, count: int = 5) -> Path:
    path = folder / "people.parquet"
    pl.DataFrame({"person_id": [f"p{n}" for n in range(count)]}).write_parquet(path)
    return path


def saved(folder: Path, *rows: str, name: str = "outcomes.csv", header: str = "person_id,outcome,outcome_date") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def released(persons: list[str], as_of: dt.date = EARLIER, **more: object) -> pl.DataFrame:
    rows = pl.DataFrame({"person_id": persons, "rank": range(1, len(persons) + 1)})
    values = {
        "run": str(as_of), "as_of": as_of, "released_on": as_of + dt.timedelta(days=8), "cluster_code": "C1", "practice_code": "X00001",
        "list": "main", "risk": 0.5, "model_version": "m", "chosen": "rank", "probability": None, **more,
    }  # fmt: skip
    return rows.with_columns(**{name: pl.lit(value) for name, value in values.items()})


def test_rows_in_are_stored_or_refused_and_the_same_file_twice_adds_nothing(tmp_path: Path) -> None:
    path = saved(tmp_path, "p1,Declined,2026-03-20", "p9,Declined,2026-03-20", "p2,Sailing,2026-03-20", ",,")
    found = read([path], AS_OF)
    (one,) = entries.record_feedback(tmp_path, found, people(tmp_path))
    assert (one.rows, one.stored, one.set_aside, one.unknown, one.is_new) == (3, 1, 1, 1, True)
    before = {p: p.read_bytes() for p in (tmp_path / "ledger").rglob("*.parquet")}
    (again,) = entries.record_feedback(tmp_path, read([path], AS_OF), people(tmp_path))
    assert not again.is_new
    assert {p: p.read_bytes() for p in (tmp_path / "ledger").rglob("*.parquet")} == before
    assert entries.read(tmp_path, "outcomes")["person_id"].to_list() == ["p1"]


def test_the_same_rows_under_another_name_are_the_same_content(tmp_path: Path) -> None:
    first = saved(tmp_path, "p1,Declined,2026-03-20")
    book = openpyxl.Workbook()
    for row in (("person_id", "outcome", "outcome_date"), ("p1", "Declined", "2026-03-20")):
        book.active.append(row)  # type: ignore[union-attr]
    for name in ("a.xlsx", "b.xlsx"):
        book.save(tmp_path / name)
    entries.record_feedback(tmp_path, read([tmp_path / "a.xlsx"], AS_OF), people(tmp_path))
    (again,) = entries.record_feedback(tmp_path, read([tmp_path / "b.xlsx"], AS_OF), people(tmp_path))
    assert not again.is_new
    entries.record_feedback(tmp_path, read([first], AS_OF), people(tmp_path))
    assert entries.totals(tmp_path) == {"listed": 0, "reached": 1, "seen": 0}


def test_hexadecimal_pseudonyms_are_known_in_either_case(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    pl.DataFrame({"person_id": ["AB12"]}).write_parquet(path)
    found = read([saved(tmp_path, "ab12,Declined,2026-03-20")], AS_OF)
    entries.record_feedback(tmp_path, found, path, "hex")
    assert entries.read(tmp_path, "outcomes")["person_id"].to_list() == ["AB12"]


def test_a_release_recorded_twice_is_there_once(tmp_path: Path) -> None:
    assert entries.record_release(tmp_path, released(["p1", "p2"]))
    assert not entries.record_release(tmp_path, released(["p1", "p2"], released_on=dt.date(2026, 3, 30)))
    assert entries.record_release(tmp_path, released(["p1"], dt.date(2026, 2, 1)))
    assert entries.read(tmp_path, "releases").height == 3


def test_an_opt_out_leaves_every_part_and_its_file_does_not_bring_it_back(tmp_path: Path) -> None:
    entries.record_release(tmp_path, released(["p1", "p2"]))
    path = saved(tmp_path, "p1,Seen: support taken up,2026-03-20", "p2,Declined,2026-03-20")
    entries.record_feedback(tmp_path, read([path], AS_OF), people(tmp_path))
    assert entries.forget(tmp_path, ["p1"]) == 2
    entries.record_feedback(tmp_path, read([path], AS_OF), people(tmp_path))
    assert entries.totals(tmp_path) == {"listed": 1, "reached": 1, "seen": 0}
    assert "p1" not in {
        *entries.read(tmp_path, "releases")["person_id"],
        *entries.read(tmp_path, "outcomes")["person_id"],
    }


def test_retention_takes_out_what_is_old_and_a_dry_run_only_counts(tmp_path: Path) -> None:
    entries.record_release(tmp_path, released(["p1"], dt.date(2023, 3, 1)))
    entries.record_release(tmp_path, released(["p2"]))
    assert entries.purge(tmp_path, dt.date(2024, 1, 1), dry_run=True) == 1
    assert entries.read(tmp_path, "releases").height == 2
    assert entries.purge(tmp_path, dt.date(2024, 1, 1)) == 1
    assert entries.read(tmp_path, "releases")["person_id"].to_list() == ["p2"]


def test_the_next_list_knows_the_outcomes_of_the_last(tmp_path: Path) -> None:
    for month in (1, 2, 3):
        entries.record_release(
            tmp_path, released(["p1", "p2"] if month == 1 else ["p1", "p2", "p3"], dt.date(2026, month, 1))
        )
    entries.record_release(tmp_path, released(["p4"], dt.date(2026, 1, 1), cluster_code="C2"))
    path = saved(
        tmp_path, "p1,Seen: support taken up,12th March", "p2,Could not reach,2026-03-14", "p3,Declined,2026-02-01"
    )
    entries.record_feedback(tmp_path, read([path], AS_OF), people(tmp_path))
    seen = history(tmp_path, AS_OF)
    values = {row["person_id"]: row for row in seen.people().iter_rows(named=True)}
    assert values["p1"]["said"] == "Seen 12 March: took up support"
    assert values["p2"]["said"] == "14 March: could not be reached"
    assert [values[f"p{n}"]["months_running"] for n in (1, 2, 3, 4)] == [3, 3, 2, 0]
    last = seen.last_time()["C1"]
    assert (last.listed, last.reached, last.seen, last.taken_up, last.resting) == (3, 1, 1, 1, 3)
    assert str(last) == "Last list: 1 of 3 contacted, 1 seen, 1 took up support, 3 resting."
    assert history(tmp_path / "none", AS_OF).people().is_empty()


def test_whom_the_team_adds_waits_for_one_list(tmp_path: Path) -> None:
    rows = (
        "p1,add,Recent fall,2026-03-20",
        "p2,take off,End of life,2026-03-20",
        "p3,add,Other,2026-03-20",
        "p3,take off,Other,2026-03-25",
    )
    path = saved(tmp_path, *rows, header="person_id,change,reason,change_date")
    entries.record_feedback(tmp_path, read([path], AS_OF), people(tmp_path))
    assert history(tmp_path, AS_OF).added == {"p1": "Recent fall"}
    assert history(tmp_path, AS_OF).resting == {"p2", "p3"}
    entries.record_release(tmp_path, released(["p1"], AS_OF))
    assert history(tmp_path, dt.date(2026, 5, 1)).added == {}


CELL = st.one_of(
    st.sampled_from([outcome.name for outcome in OUTCOMES]),
    st.sampled_from(["", "2026-03-20", "12th March", "p0", "p1", "p9", "Declined"]),
    st.text(max_size=12),
)


@settings(max_examples=40)
@given(rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=8))
def test_whatever_a_file_holds(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]) -> None:
    """Rows in = stored + refused, a repeat changes nothing, and an opt-out leaves every later figure."""
    folder = tmp_path_factory.mktemp("ledger")
    path = folder / "outcomes.csv"
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file).writerows([("person_id", "outcome", "outcome_date"), *rows])
    known = people(folder, 2)
    found = read([path], AS_OF)
    (one,) = entries.record_feedback(folder, found, known)
    assert one.rows == one.stored + one.refused
    assert entries.read(folder, "outcomes")["person_id"].is_in(["p0", "p1"]).all()
    before = entries.totals(folder)
    entries.record_feedback(folder, read([path], AS_OF), known)
    assert entries.totals(folder) == before
    entries.forget(folder, ["p0"])
    entries.record_feedback(folder, read([path], AS_OF), known)
    assert "p0" not in entries.read(folder, "outcomes")["person_id"].to_list()
    assert "p0" not in history(folder, AS_OF).resting
