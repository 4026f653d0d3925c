"""From a source's columns, as text, to ours, as text: all that a profile declares but the reading of dates and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import reduce

import polars as pl
import polars.selectors as cs

from data_schemas.profiles import Join, TableMapping, spelt
from data_schemas.tables import OPEN, TABLES

Beside = Callable[[str], pl.LazyFrame | None]
"""The file of that stem beside the extract, every column as text, or None where there is none."""


def translate(
    frame: pl.LazyFrame,
    table: str,
    mapping: TableMapping,
    overrides: Mapping[str, str] | None = None,
    beside: Beside = lambda _: None,
) -> pl.LazyFrame:
    """Our columns of one source file, trimmed, null where nothing is recorded; rows of other tables are left out.

    `frame` has the source's columns as text; typed dates and numbers (of Parquet) pass as they are. Raises
    `FileNotFoundError` with the stem of a file that a join needs and lacks.
    """
    frame = reduce(
        lambda done, join: _joined(done, join, beside), mapping.joins, frame.with_columns(cs.string().str.strip_chars())
    )
    schema = frame.collect_schema()
    header = schema.names()
    found = mapping.resolve(header, overrides)
    read = {**_made(mapping, header), **{ours: pl.col(theirs) for ours, theirs in found.items()}}
    fixed = {ours: pl.lit(value) for ours, value in mapping.fixed.items() if ours not in read}
    typed = {ours for ours, theirs in found.items() if theirs in schema and schema[theirs] != pl.String}
    ours = {name: e if name in typed else _cleaned(e, mapping, name) for name, e in read.items()} | fixed
    others = [name for name in header if table in OPEN and name not in {*found.values(), *ours}]
    kept = [ours[name].alias(name) for name in TABLES[table].column_names() if name in ours]
    return frame.filter(_wanted(mapping, header)).select(*kept, *others)


def _joined(frame: pl.LazyFrame, join: Join, beside: Beside) -> pl.LazyFrame:
    other = beside(join.file)
    there = spelt(frame.collect_schema().names())
    left = next((there[name.lower()] for name in join.left if name.lower() in there), None)
    if other is None or left is None:
        if join.optional:
            return frame
        raise FileNotFoundError(join.file)
    theirs = spelt(other.collect_schema().names())
    taken = [pl.col(theirs[name.lower()]).str.strip_chars().alias(name) for name in join.take if name.lower() in theirs]
    key = pl.col(theirs[join.right.lower()]).str.strip_chars().alias(left)
    return frame.join(other.select(key, *taken), on=left, how="left", maintain_order="left")


def _made(mapping: TableMapping, header: list[str]) -> dict[str, pl.Expr]:
    """Columns made of several source columns, or of one that lists several values."""
    there = spelt(header)
    made = {}
    for ours, template in mapping.templates.items():
        parts = [there.get(name.lower()) for name in re.findall(r"{(\w+)}", template)]
        if None not in parts:
            made[ours] = pl.format(re.sub(r"{\w+}", "{}", template), *parts)
    column = next(
        (there[name.lower()] for name in (mapping.split.columns if mapping.split else ()) if name.lower() in there),
        None,
    )
    if mapping.split is not None and column is not None:
        listed = (
            pl.col(column).str.replace_all(mapping.split.separators, "\x1f").str.strip_chars("\x1f").str.split("\x1f")
        )
        for position, ours in enumerate(
            name for name in mapping.columns if re.fullmatch(rf"{mapping.split.into}_\d+", name)
        ):
            made[ours] = listed.list.get(position, null_on_oob=True)
    return made


def _wanted(mapping: TableMapping, header: list[str]) -> pl.Expr:
    """The rows that belong to this table; a column that is absent filters nothing."""
    there = spelt(header)
    kept = [pl.col(there[name.lower()]).is_in(values) for name, values in mapping.keep.items() if name.lower() in there]
    dropped = [
        ~pl.col(there[name.lower()]).fill_null("").is_in(values)
        for name, values in mapping.drop.items()
        if name.lower() in there
    ]
    return pl.all_horizontal(pl.lit(value=True), *kept, *dropped)


def _cleaned(expression: pl.Expr, mapping: TableMapping, ours: str) -> pl.Expr:
    """Without the texts that mean nothing, and in our values."""
    cleaned = pl.when(expression.is_in([*mapping.nulls, ""])).then(None).otherwise(expression)
    values = mapping.values.get(ours)
    return cleaned.replace(values) if values else cleaned
