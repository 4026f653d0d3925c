"""Who lists reached around an as-of date, by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from pipeline.ledger import entries
from pipeline.ledger.feedback import read
from pipeline.ledger.influence import influence
from tests.pipeline.ledger.test_entries import people, released, saved

AS_OF = dt.date(2025, 4, 1)


def test_listed_reached_and_seen_before_and_within_the_window(tmp_path: Path) -> None:
    entries.record_release(tmp_path, released(["p0", "p1"], AS_OF))
    entries.record_release(tmp_path, released(["p2"], dt.date(2024, 12, 1)))
    entries.record_release(tmp_path, released(["p3"], dt.date(2024, 3, 1)))
    rows = (
        "p0,Seen: support taken up,2025-04-21",
        "p1,Declined,2025-05-01",
        "p2,Seen: nothing wanted now,2024-12-20",
        "p3,Could not reach,2025-05-01",
    )
    known = people(tmp_path)
    entries.record_feedback(tmp_path, read([saved(tmp_path, *rows)], dt.date(2026, 4, 1)), known)
    persons = pl.read_parquet(known).with_columns(person=pl.int_range(pl.len(), dtype=pl.Int32))
    found = influence(tmp_path, persons, AS_OF, 365)
    risk = entries.read(tmp_path, "releases").filter(person_id="p1")["risk"][0]
    assert found.drop("person_id", "risk", "chosen").rows() == [
        (0, True, False, 20, False, 20, False),
        (1, True, False, 30, False, None, False),
        (2, False, True, None, True, None, True),
    ]
    assert found["risk"].to_list()[1:] == [risk, None]
    assert found["chosen"].to_list() == ["model", "model", None]
    assert influence(tmp_path / "none", persons, AS_OF, 365).is_empty()


def test_whom_the_team_added_or_took_off(tmp_path: Path) -> None:
    rows = pl.concat([released(["p0"], AS_OF), released(["p1"], AS_OF).with_columns(chosen=pl.lit(entries.TEAM))])
    entries.record_release(tmp_path, rows)
    known = people(tmp_path)
    file = tmp_path / "changes.csv"
    file.write_text(
        "person_id,change,reason,change_date\np2,take off,End of life,2025-04-03\np3,take off,End of life,2025-01-03\n"
    )
    entries.record_feedback(tmp_path, read([file], dt.date(2026, 4, 1)), known)
    persons = pl.read_parquet(known).with_columns(person=pl.int_range(pl.len(), dtype=pl.Int32))
    found = influence(tmp_path, persons, AS_OF, 365)
    assert dict(found.select("person", "chosen").iter_rows()) == {0: "model", 1: "team", 2: "taken off"}
