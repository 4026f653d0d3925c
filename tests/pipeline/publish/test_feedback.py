from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from data_schemas.errors import DataRefused
from pipeline.publish.feedback import resting

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
        ("Seen, offer taken up", "2025-12-01", True),
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
    path = saved(tmp_path, "p1,Went fishing,2026-01-01", "p2,Declined,1 January", "p3,Declined,2026-01-01")
    with pytest.raises(DataRefused) as raised:
        resting([path], AS_OF)
    said = "\n".join(raised.value.problems)
    assert "outcome cannot be read in 1 rows" in said
    assert "outcome_date cannot be read in 1 rows" in said
    assert "fishing" not in said
    assert "January" not in said


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(DataRefused, match="outcome_date"):
        resting([saved(tmp_path, "p1,Declined", header="person_id,outcome")], AS_OF)


def test_people_who_rest_are_on_no_list_and_their_places_go_to_the_next(borough, published, tmp_path):
    path = saved(tmp_path, "p0000,Declined,2026-03-01", "p0004,Declined,2026-03-01")
    folder = published(borough(feedback=(path,)))
    rows = pl.read_parquet(folder / "lists" / "C1" / "risk-list.parquet")
    assert rows["person_id"].to_list() == [f"p{n:04d}" for n in (2, 6, 8, 10, 12, 14, 16, 18, 20, 22)]
    assert rows["rank"].to_list() == list(range(1, 11))
