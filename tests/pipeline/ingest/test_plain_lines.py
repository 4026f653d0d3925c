"""The compiled look at plain lines counts what a parser of the same file counts, or leaves the file to the parser."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ingest import plain_lines, values
from pipeline.ingest.diagnosis import has_plain_lines
from pipeline.ingest.look import Look
from pipeline.ingest.plain_lines import Counts, PlainLines
from pipeline.ingest.source_file import Source

NOTHING = ["", "NULL"]
SIGNS = {name: pl.col(name).str.strip_chars().str.contains(values.FIRST_SIGN) for name in "ab"}


def look(path: Path, columns: str = "ab", wanted: str = "") -> Counts | None:
    def signs(_: str, text: pl.Series) -> int:
        return int(values.first_look(text, NOTHING)[0].sum())

    return PlainLines(columns, NOTHING, signs, lambda name: name in wanted).counts(path)


def parsed(path: Path) -> Counts:
    rows = pl.read_csv(path, infer_schema=False)
    return Counts(
        rows.height, {n: rows[n].count() for n in "ab"}, {n: rows.select(SIGNS[n].sum()).item() for n in "ab"}
    )


FIELDS = st.sampled_from(["", "1", "x y", "\u00e9", "a@b.uk", "WN11AA", "4123400007", "NULL", "\0"])
ROWS = st.lists(st.tuples(FIELDS, FIELDS).map(",".join), max_size=8)


@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from(["", "a", "ab"]))
def test_plain_lines_are_counted_as_a_parser_counts_them(tmp_path, rows, line_end, ends, wanted):
    path = tmp_path / "a.csv"
    path.write_text("\ufeffa,b" + line_end + line_end.join(rows) + line_end * (ends and bool(rows)), newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_lines, "PART", 24)
        patch.setattr(plain_lines, "ENOUGH", 2)
        assert look(path, wanted=wanted) == parsed(path)


@given(st.text('1,,\n\n\r"x', max_size=12))
def test_what_is_counted_is_plain_and_as_parsed(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(f"a,b\n{text}", newline="")
    counts = look(path)
    assert counts is None or (counts == parsed(path) and has_plain_lines(path, counts.rows))


@pytest.mark.parametrize(
    "content",
    [b'a,b\n1,"2"\n', b"a,b\n1\n", b"a,b\n1,2,3\n", b"a,b\n1,2\n\n3,4\n", b"a,b\n1,2\r3\n", b"a,b\n1,\xff\n", b'"a",b\n1,2\n', b"\na,b\n"],
    ids=["quoted", "short", "ragged", "empty line", "old line end", "no UTF-8", "quoted header", "no header"],
)  # fmt: skip
def test_other_files_are_left_to_the_parser(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert look(path) is None


def test_a_line_that_fills_several_parts_is_left_to_the_parser(tmp_path, monkeypatch):
    monkeypatch.setattr(plain_lines, "PART", 4)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n1,23456789012345\n")
    assert look(path) is None


def test_a_file_of_one_column_is_left_to_the_parser_because_its_empty_lines_are_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    assert look(path, "a") is None


def test_all_texts_of_a_wanted_column_are_looked_at_and_doubtful_ones_of_others(tmp_path):
    path, seen = tmp_path / "a.csv", {}
    path.write_text("a,b\n1,x\n,a@b.uk\n2,y z\n")

    def signs(name: str, text: pl.Series) -> int:
        seen[name] = text.to_list()
        return 7

    counts = PlainLines("ab", NOTHING, signs, lambda name: name == "a").counts(path)
    assert seen == {"a": ["1", "2"], "b": ["a@b.uk", "y z"]}
    assert counts == Counts(3, {"a": 2, "b": 3}, {"a": 7, "b": 7})


TEXTS = st.sampled_from(
    ["", " ", "1", "x y", " x", "x ", "NULL", "-", "a@b.uk", "WN1 1AA", "943 476 5919", "01942 123456", "\u00a0x", "\0"]
)


@settings(max_examples=50)
@given(st.lists(st.tuples(TEXTS, TEXTS).map(",".join), max_size=12))
def test_both_ways_find_the_same_columns_tidy(tmp_path, rows):
    path, table = tmp_path / "a.csv", Mock(mapping=Mock(nulls=("-",)))
    path.write_text("\n".join(["a,b", *rows, ""]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_lines, "PART", 48)
        patch.setattr(plain_lines, "ENOUGH", 2)
        compiled = Look(Source(path), table)
        patch.setattr(Look, "_plain_counts", lambda _: None)
        parsed = Look(Source(path), table)
    assert compiled.is_plain
    assert (compiled.counts, dict(compiled.source.tidy)) == (parsed.counts, dict(parsed.source.tidy))
