"""A mark holds where a row stood and what is wrong with it, whatever these are, and sorts by where it stood."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from data_schemas.profiles.translate import LEFT_OUT, MEMBER, STANDING
from pipeline.ingest.marks import FILE, MARK, ROW, RULE, UNBROKEN, marked, part
from pipeline.ingest.staging import REJECTED, Staged
from tests.pipeline.ingest.extracts_on_disk import Extracts

SCHEMA = {FILE: pl.UInt16, ROW: pl.UInt32, STANDING: pl.UInt8, RULE: pl.UInt8}
ROWS = st.tuples(
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(MEMBER, LEFT_OUT),
    st.none() | st.integers(0, UNBROKEN - 1),
)


@given(st.lists(ROWS, max_size=5, unique_by=lambda row: row[:2]))
def test_every_part_comes_back_and_marks_sort_by_file_and_row(rows):
    frame = pl.DataFrame(rows, SCHEMA, orient="row")
    marks = frame.select(marked())
    assert_frame_equal(marks.select(map(part, SCHEMA)), frame)
    assert marks.sort(MARK).select(map(part, SCHEMA)).rows() == sorted(rows)


def test_only_rows_that_are_looked_for_again_are_marked(extracts: Extracts, monkeypatch):
    places = {}
    stage = Staged.__init__

    def note(staged: Staged, *given: object) -> None:  # before the rows are written, which deletes the staged files
        stage(staged, *given)
        rows = {b: staged._scan(b).select(part(FILE), part(ROW)).collect().rows() for b in staged._all}
        places[staged.checked.name] = rows

    monkeypatch.setattr(Staged, "__init__", note)
    head = "person_id,event_date,code\n"
    extracts.write("gp_events", f"{head}p1,2020-01-01,a\np1,nonsense,b\nstranger,2020-01-01,c\n").ingest()
    assert places["gp_events"] == {REJECTED: [(0, 1), (0, 2)], 0: [(None, None)]}
