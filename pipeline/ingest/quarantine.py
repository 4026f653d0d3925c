"""Rejected rows as they were read, with the rule each broke and their place. Only one batch is in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipeline.ingest.checked_table import CheckedTable
from pipeline.ingest.marks import FILE, ROW, RULE
from pipeline.ingest.source_file import Source
from pipeline.ingest.sources import MADE
from pipeline.ingest.writing import write_frames

BATCH = 50_000


def write_quarantine(checked: CheckedTable, rejected: pl.DataFrame, path: Path) -> None:
    """Write the rows at the places in `rejected` (`_file`, `_row`, `_rule`) under our names, with `rule`, `file` and
    `row` (from 1).

    If there are none, no file is written.
    """
    if not rejected.is_empty():
        write_frames(path, _frames(checked, rejected.sort(FILE, ROW)))


def _frames(checked: CheckedTable, rejected: pl.DataFrame) -> Iterator[pl.DataFrame]:
    headers = [checked.table.rows(source).collect_schema().names() for source in checked.table.sources]
    names = [name for name in checked.columns if any(name in header for header in headers)]
    for number, source in enumerate(checked.table.sources):
        absent = [pl.lit(None, dtype=pl.String).alias(name) for name in names if name not in headers[number]]
        for rows in _rejected(checked, source, rejected.filter(pl.col(FILE) == number)):
            yield rows.with_columns(*absent, file=pl.lit(source.path.name)).select(*names, "rule", "file", "row")


def _rejected(checked: CheckedTable, source: Source, rejected: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rejected rows of one file as text, batch by batch."""
    if rejected.is_empty():
        return
    begin = 0
    for batch in checked.table.rows_at(source, rejected[ROW], BATCH):
        here = rejected.slice(begin, batch.height)
        rules = here[RULE].replace_strict(dict(enumerate(checked.rule_names)), return_dtype=pl.String)
        yield batch.drop(MADE).cast(pl.String).with_columns(rule=rules, row=here[ROW] + 1)
        begin += batch.height
