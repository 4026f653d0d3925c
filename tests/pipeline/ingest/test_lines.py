"""Lines of a CSV file are picked by their place, wherever the file is cut for reading."""

from __future__ import annotations

import gzip

import polars as pl
import pytest

from pipeline.ingest import lines

EVENTS = "person_id,event_date,code,value,unit\n"
TEXT = "a,b\n0,x\r\n1,y\n2,\n3,zzzzzzzzzzzz"


@pytest.mark.parametrize("part", [1, 3, 8, 1000])
@pytest.mark.parametrize(
    ("places", "picked"),
    [([], []), ([0], ["0,x\r\n"]), ([1, 2], ["1,y\n2,\n"]), ([0, 3], ["0,x\r\n3,zzzzzzzzzzzz"]),
     ([0, 1, 2, 3], ["0,x\r\n1,y\n", "2,\n3,zzzzzzzzzzzz"])],
)  # fmt: skip
def test_lines_are_picked_in_order_some_at_a_time(tmp_path, monkeypatch, part, places, picked):
    monkeypatch.setattr(lines, "PART", part)
    for path, content in ((tmp_path / "a.csv", TEXT.encode()), (tmp_path / "a.csv.gz", gzip.compress(TEXT.encode()))):
        path.write_bytes(content)
        texts = [text.decode() for text in lines.lines_at(path, pl.Series(places, dtype=pl.UInt32), 2)]
        assert all(text.startswith("a,b\n") for text in texts)
        found = [text.removeprefix("a,b\n") for text in texts]
        assert "".join(found) == "".join(picked)
        assert part > 1 or found == picked


@pytest.mark.parametrize("code", ["c", '"c"'], ids=["plain", "quoted"])
def test_quarantine_is_the_same_with_and_without_quotation_marks(extracts, code):
    rows = [f"p1,2020-01-0{1 + n % 3},{code},1,\n" if n % 2 else f"p1,soon{n},{code},NULL,kg\n" for n in range(6)]
    extracts.run["max_reject_rate"] = 0.9
    extracts.write("gp_events", EVENTS + "".join(rows)).ingest()
    quarantine = pl.read_parquet(extracts.store / "quarantine" / "gp_events.parquet")
    assert quarantine.select("event_date", "code", "value", "unit", "row").rows() == [
        (f"soon{n}", "c", None, "kg", n + 1) for n in (0, 2, 4)
    ]
