"""Tables have plain types for every reader, whatever the rows of a row group share."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.ingest import writing

IDS = pl.Series(["\u00e4", "b", "c"])
ROWS = [(0, "x", dt.date(2024, 1, 1)), (0, None, None), (2, "x", dt.date(2024, 1, 2)), (2, "y", None), (1, "", None)]
SCHEMA = {"person": pl.Int32, "code": pl.String, "event_date": pl.Date}


@pytest.mark.parametrize("row_group", [1, 2, 100])
@pytest.mark.parametrize("cuts", [(0, 5), (0, 3, 5), (0, 0, 5), (0, 0)])
def test_each_row_has_the_pseudonym_of_its_person(tmp_path, monkeypatch, row_group, cuts):
    monkeypatch.setattr(writing, "ROW_GROUP", row_group)
    rows = pl.DataFrame(ROWS, SCHEMA, orient="row")
    frames = [rows[begin:end] for begin, end in pairwise(cuts)]
    writing.write_frames(tmp_path / "t.parquet", frames, IDS)
    written = pq.read_table(tmp_path / "t.parquet")
    assert written.schema.types == [pa.int32(), pa.string(), pa.string(), pa.date32()]
    assert written.column_names == ["person", "person_id", "code", "event_date"]
    there = [(person, IDS[person], code, day) for person, code, day in ROWS[: cuts[-1]]]
    assert list(zip(*written.to_pydict().values(), strict=True)) == there
    assert pl.read_parquet(tmp_path / "t.parquet").rows() == there
