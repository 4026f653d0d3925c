"""Turns a source's columns into ours, all as text. Applies everything that a profile declares except reading dates and
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import reduce
from types import MappingProxyType

import polars as pl

from data_schemas.profiles import COMMON_NULLS, Join, TableMapping, omop, spelt
from data_schemas.tables import OPEN, TABLES, closed_list

ReadOther = Callable[[str], pl.LazyFrame | None]
"""Reads the file with that stem in the extract's folder, every column as text. None if there is no such file."""
MARKS = STANDING, OWN_KEY, VERSION = "_standing", "_own_key", "_version"
"""Columns with what else is known about a row: whether it belongs to the table, a hash of its key (null = none), how
new it is.
"""
MEMBER, DELETED, LEFT_OUT = 0, 1, 2
"""Values of the standing: a row of the table, a row that withdraws its record, a row that is not part of the table."""


def translate(
    frame: pl.LazyFrame,
    table: str,
    mapping: TableMapping,
    overrides: Mapping[str, str] | None = None,
    read_other: ReadOther = lambda _: None,
    carried: Collection[str] = (),
    tidy: Mapping[str, Collection[str] | None] = MappingProxyType({}),
) -> pl.LazyFrame:
    """Our columns from one source file, trimmed, null where nothing is recorded, and the `MARKS` of every row.

    Typed columns (from Parquet) stay typed where they become our dates or numbers, and are read as text elsewhere.
    Columns in `carried` are kept unchanged. Those in `tidy` are known to need no trimming and to hold no text for
    "nothing recorded"; it has the different texts of each, or None for many. Raises `FileNotFoundError` with the stem
    of a missing file that a join needs, and `JoinLacksColumn` if a file has no column to join on.
    """
    typed = _stays_typed(frame, table, mapping, overrides)
    frame = frame.with_columns(_texts(frame.drop(tidy), typed | set(carried)))
    frame = reduce(lambda done, join: _joined(done, join, read_other), mapping.joins, frame)
    frame = _inferred(frame, mapping)
    schema = frame.collect_schema()
    sources = mapping.resolve(schema.names(), overrides)
    read = {**_made(mapping, schema.names()), **{ours: pl.col(theirs) for ours, theirs in sources.items()}}
    typed = {ours for ours, theirs in sources.items() if schema.get(theirs, pl.String) != pl.String}
    as_read = {} if mapping.joins or mapping.infers else tidy
    known = {ours: as_read[theirs] for ours, theirs in sources.items() if theirs in as_read}
    ours = {name: e if name in typed or name in known else _emptied(e, mapping, name) for name, e in read.items()}
    ours |= {
        name: _translated(e, mapping, table, name, known.get(name)) for name, e in ours.items() if name not in typed
    }
    for name, value in mapping.fixed.items():
        ours[name] = pl.coalesce(ours[name], pl.lit(value)) if name in ours and name not in typed else pl.lit(value)
    others = [n for n in schema if n in carried or (table in OPEN and n not in {*sources.values(), *ours})]
    kept = [ours[name].alias(name) for name in TABLES[table].column_names() if name in ours]
    return frame.select(*kept, *others, *_marks(mapping, schema.names(), overrides))


def _stays_typed(
    frame: pl.LazyFrame, table: str, mapping: TableMapping, overrides: Mapping[str, str] | None
) -> set[str]:
    """Source columns that become our dates and numbers, and the further columns of an open table."""
    header, columns = frame.collect_schema().names(), TABLES[table].columns()
    sources = mapping.resolve(header, overrides)
    measures = {theirs for ours, theirs in sources.items() if ours in columns and columns[ours].dtype != pl.String}
    return measures | (set(header) - set(sources.values()) if table in OPEN else set())


def _texts(frame: pl.LazyFrame, typed: Collection[str] = ()) -> list[pl.Expr]:
    """Every column as trimmed text (3.0 as 3), except the non-text columns in `typed`."""
    schema = frame.collect_schema()
    return [_text(name, dtype) for name, dtype in schema.items() if dtype == pl.String or name not in typed]


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.String:
        return column.str.strip_chars()
    if dtype.is_float():
        return (
            pl.when(column == column.floor())
            .then(column.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(column.cast(pl.String))
        )
    return column.cast(pl.String)


class JoinLacksColumn(LookupError):
    """A file to be joined has no such column. The arguments are its stem and the column."""


def _joined(frame: pl.LazyFrame, join: Join, read_other: ReadOther) -> pl.LazyFrame:
    other = read_other(join.file)
    there = spelt(frame.collect_schema().names())
    left = next((there[name.lower()] for name in join.left if name.lower() in there), None)
    if other is None or left is None:
        if join.optional:
            return frame
        if left is None:
            raise JoinLacksColumn("", " or ".join(join.left))
        raise FileNotFoundError(join.file)
    theirs = spelt(other.collect_schema().names())
    if join.right.lower() not in theirs:
        raise JoinLacksColumn(join.file, join.right)
    taken = [pl.col(theirs[name.lower()]).alias(name) for name in join.take if name.lower() in theirs]
    right = other.with_columns(_texts(other)).select(pl.col(theirs[join.right.lower()]).alias(left), *taken)
    return frame.join(right, on=left, how="left", maintain_order="left")


def _inferred(frame: pl.LazyFrame, mapping: TableMapping) -> pl.LazyFrame:
    """Adds what several rows or columns say together, if the frame has the columns for it."""
    there = spelt(frame.collect_schema().names())
    if mapping.infers == "admission_methods" and there.keys() >= omop.VISITS:
        return omop.with_admission_methods(frame, there)
    if mapping.infers == "ends":
        return omop.without_ends_of_encounters(frame, there)
    return frame


def _made(mapping: TableMapping, header: list[str]) -> dict[str, pl.Expr]:
    """Columns made from several source columns, or from one that lists several values."""
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
        each = listed.list.unique(maintain_order=True)
        places = [name for name in mapping.columns if re.fullmatch(rf"{mapping.split.into}_\d+", name)]
        made |= {ours: each.list.get(position, null_on_oob=True) for position, ours in enumerate(places)}
        made[mapping.split.rest] = each.list.slice(len(places)).list.join(" ")
    return made


def _marks(mapping: TableMapping, header: list[str], overrides: Mapping[str, str] | None) -> list[pl.Expr]:
    """The `MARKS` columns; an absent source column marks nothing."""
    there = spelt(header)
    outside = [~kept for kept in _among(mapping.keep, there)] + list(_among(mapping.drop, there))
    standing = pl.when(pl.any_horizontal(outside)).then(LEFT_OUT).otherwise(MEMBER) if outside else pl.lit(MEMBER)
    if deleted := list(_among(mapping.deleted, there)):
        standing = pl.when(pl.any_horizontal(deleted)).then(DELETED).otherwise(standing)
    newest = next((pl.col(there[name.lower()]) for name in mapping.version if name.lower() in there), pl.lit(None))
    return [
        standing.cast(pl.UInt8).alias(STANDING),
        _own_key(mapping, header, overrides).alias(OWN_KEY),
        newest.cast(pl.String).alias(VERSION),
    ]


def _own_key(mapping: TableMapping, header: list[str], overrides: Mapping[str, str] | None) -> pl.Expr:
    """A hash of a row's key together with the scope in which it is unique."""
    there, key = spelt(header), mapping.key_of(header, overrides)
    if not key:
        return pl.lit(None, dtype=pl.UInt64)
    within = [pl.col(there[name.lower()]) for name in mapping.scope if name.lower() in there][:1]
    named = [~pl.col(name).cast(pl.String).is_in(COMMON_NULLS) for name in key]
    texts = [pl.col(name).cast(pl.String) for name in key]
    whole = pl.struct(*texts, *within).hash() if len(texts) + len(within) > 1 else texts[0].hash()
    return pl.when(pl.all_horizontal(named)).then(whole)


def _among(wanted: Mapping[str, Collection[str]], there: Mapping[str, str]) -> Iterator[pl.Expr]:
    """For each source column in the file: whether its value is one of those listed, in any case."""
    for name, values in wanted.items():
        if name.lower() in there:
            text = pl.col(there[name.lower()]).cast(pl.String).fill_null("").str.to_lowercase()
            yield text.is_in([value.lower() for value in values])


def _emptied(expression: pl.Expr, mapping: TableMapping, ours: str) -> pl.Expr:
    """The column without the texts for "nothing recorded"."""
    nulls = [word for word in (*COMMON_NULLS, *mapping.nulls) if word not in mapping.values.get(ours, {})]
    return pl.when(expression.is_in(nulls)).then(None).otherwise(expression)


def _translated(
    expression: pl.Expr, mapping: TableMapping, table: str, ours: str, texts: Collection[str] | None
) -> pl.Expr:
    """The column with its values translated to ours; `texts` are all that it holds, if that is known."""
    translated, values = expression, mapping.values.get(ours, {})
    accepted = closed_list(table, ours)
    meant = _in_any_case(_spellings(accepted)) | _in_any_case(values) if accepted else values
    if any(theirs != ours for theirs, ours in meant.items() if texts is None or theirs in texts):
        translated = translated.replace(meant)
    if "" in values.values():
        translated = pl.when(translated != "").then(translated)
    return translated.str.slice(0, mapping.leading[ours]) if ours in mapping.leading else translated


def _spellings(accepted: Collection[str]) -> dict[str, str]:
    """How sources write the codes of a closed list: as a decimal number, or without leading zeros."""
    numbers = [code for code in accepted if code.isdigit()]
    bare = {str(int(code)): code for code in numbers if str(int(code)) not in accepted}
    decimal = {f"{written}.0": code for written, code in (bare | {code: code for code in numbers}).items()}
    return decimal | bare | {code: code for code in accepted}


def _in_any_case(values: Mapping[str, str]) -> dict[str, str]:
    """The same values with their keys as people type them. A key as written takes precedence."""
    typed = (str.lower, str.upper, str.capitalize, str.title)
    return {way(theirs): ours for way in typed for theirs, ours in values.items()} | dict(values)
