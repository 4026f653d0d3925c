"""Checks every row of one table: it is good, or it has the first rule that it breaks.

Only required columns cost a row. A value of an optional column that is not accepted becomes empty, and the row records
that in `EMPTIED`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import polars as pl

from data_schemas.profiles.translate import OWN_KEY, STANDING, VERSION
from data_schemas.tables import EVENT_DATE, OPEN, PERSON_TABLES, TABLES, is_optional, rule_name, rules
from pipeline.hospital_stays import LATEST_END
from pipeline.ingest import impossible
from pipeline.ingest.marks import FILE, ROW, RULE
from pipeline.ingest.parsing import Parsed
from pipeline.ingest.people import People
from pipeline.ingest.source_file import Source
from pipeline.ingest.sources import MADE, RAGGED, SHORT, WHOLE_KEY, Table

TOO_MANY_FIELDS, TOO_FEW_FIELDS = "row.too_many_fields", "row.too_few_fields"
UNREGISTERED = "person_id.unregistered"
EMPTIED = "_emptied"


@dataclass(frozen=True)
class CheckedTable:
    """One table on its way in."""

    table: Table
    people: People
    limits: impossible.Limits

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def is_personal(self) -> bool:
        return self.name in PERSON_TABLES

    @property
    def knows_registered(self) -> bool:
        return self.is_personal and self.people.registered is not None

    @cached_property
    def _files(self) -> list[pl.LazyFrame]:
        """The rows of each file, and before them none, with the columns of all files."""
        files = [self._parsed(number, source) for number, source in enumerate(self.table.sources)]
        schema = pl.concat(files, how="diagonal").collect_schema()
        return [pl.concat([pl.LazyFrame(schema=schema), file], how="diagonal") for file in files]

    def rows(self, files: slice = slice(None)) -> pl.LazyFrame:
        """Every row of every file, or of some: parsed columns, `person`, its place, its key and marks, and the rule it
        breaks (or null). The columns are those of all files.

        Rows of people who opted out and empty lines are left out.
        """
        frame = pl.concat(self._files[files])
        frame = self._emptied(self._without_opted_out(frame) if self.is_personal else frame)
        if self.name == "admissions":
            frame = frame.with_columns(self._latest_end(frame.collect_schema().names()))
        return frame.with_columns(pl.coalesce(RULE, self._broken(frame.collect_schema().names())).alias(RULE))

    def _without_opted_out(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The rows of people who did not opt out; with `person`, once it is known who is registered."""
        if not (self.knows_registered or self.people.opted_out.len()):
            return frame
        number = pl.col("person")
        numbered = frame.with_columns(person=self.people.number())
        kept = numbered.filter(number.is_null() | (number < self.people.size))
        return kept if self.knows_registered else kept.drop("person")

    def _parsed(self, number: int, source: Source) -> pl.LazyFrame:
        """One file's rows; `_rule` is the required column, if any, that does not parse."""
        rows = self.table.rows(source)
        schema = rows.collect_schema()
        ours = [name for name in self.columns if name in schema]
        parsed = {name: self._column(name, schema[name]) for name in ours}
        unread = {rule_name(name, "unreadable"): p.unreadable for name, p in parsed.items() if p.unreadable is not None}
        costly = [(TOO_MANY_FIELDS, pl.col(RAGGED)), (TOO_FEW_FIELDS, pl.col(SHORT))]
        costly += [(rule, bad) for rule, bad in unread.items() if rule not in self.emptying]
        filled = [pl.col(name).is_not_null() for name in ours if name not in self.table.mapping.fixed]
        return (
            rows.with_row_index(ROW)
            .filter(pl.any_horizontal(filled))
            .with_columns(p.read for p in parsed.values() if p.read is not None)
            .select(
                *[self._first_day_after(name, p.value).alias(name) for name, p in parsed.items()],
                *self._further(rows, [name for name in schema if name not in (*ours, *MADE)]),
                pl.lit(number, dtype=pl.UInt16).alias(FILE),
                ROW,
                STANDING,
                VERSION,
                *self._keys(),
                self._flags({rule: bad for rule, bad in unread.items() if rule in self.emptying}).alias(EMPTIED),
                self._first(costly).alias(RULE),
            )
        )

    @cached_property
    def emptying(self) -> dict[str, int]:
        """Rules that cost a value and not the row, each with its bit in `EMPTIED`."""
        optional = [rule for rule in self._all_rules if is_optional(self.name, _column_of(rule))]
        return {rule: 1 << place for place, rule in enumerate(optional)}

    @cached_property
    def _bits(self) -> pl.DataType:
        """The smallest type with a bit for each of these rules, because every row has them."""
        types = {8: pl.UInt8(), 16: pl.UInt16(), 32: pl.UInt32(), 64: pl.UInt64()}
        return next(dtype for bits, dtype in types.items() if len(self.emptying) <= bits)

    def _flags(self, bad: dict[str, pl.Expr]) -> pl.Expr:
        """The bits of the rules that a row breaks, the first one of each column."""
        columns: dict[str, list[tuple[pl.Expr, pl.Expr]]] = {}
        for rule, condition in bad.items():
            columns.setdefault(_column_of(rule), []).append((condition, pl.lit(self.emptying[rule], self._bits)))
        nothing = pl.lit(0, self._bits)
        return pl.sum_horizontal(nothing, *(_of_first(cases, nothing) for cases in columns.values()))

    def _emptied(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Optional values that break a rule become empty, and the row notes it."""
        present = frame.collect_schema().names()
        good = {rule: good for rule, good in self._rules(present).items() if rule in self.emptying}
        columns: dict[str, list[pl.Expr]] = {}
        for rule, condition in good.items():
            columns.setdefault(_column_of(rule), []).append(condition.fill_null(value=True))
        kept = [pl.when(pl.all_horizontal(conditions)).then(name).alias(name) for name, conditions in columns.items()]
        flags = self._flags({rule: ~condition for rule, condition in good.items()})
        return frame.with_columns(*kept, (pl.col(EMPTIED) + flags).alias(EMPTIED)) if kept else frame

    def _latest_end(self, present: Sequence[str]) -> pl.Expr:
        """The day by which a stay without a discharge is assumed to be over."""
        longest = pl.col("admission_date") + dt.timedelta(days=self.limits.longest_stay_days)
        return (
            pl.when(pl.col("discharge_date").is_null()).then(longest) if "discharge_date" in present else longest
        ).alias(LATEST_END)

    def _first_day_after(self, name: str, value: pl.Expr) -> pl.Expr:
        """The value, one day later if the source gives the last day, inclusive."""
        return value.dt.offset_by("1d") if name in self.table.mapping.last_days else value

    def _further(self, rows: pl.LazyFrame, names: list[str]) -> list[pl.Expr]:
        """Further columns of an open table that hold only numbers."""
        if self.name not in OPEN:
            return []
        text = rows.select(names).collect()
        numbers = text.select(pl.all().cast(pl.Float64, strict=False))
        return [pl.col(n).cast(pl.Float64) for n in names if text[n].count() == numbers[n].count() > 0]

    def _column(self, name: str, source: pl.DataType) -> Parsed:
        return Parsed(
            name, TABLES[self.name].columns()[name], source, self.table.date_formats, self.table.mapping.null_dates
        )

    @property
    def columns(self) -> list[str]:
        return TABLES[self.name].column_names()

    def _keys(self) -> list[pl.Expr]:
        """Hashes that identify a row: the extract's own key if it has one, and the whole row.

        A file with a joined file has several of our rows for each of its own, so only the whole row tells them apart.
        """
        own = pl.when(~pl.col(RAGGED) & ~pl.col(SHORT)).then(OWN_KEY)
        whole = pl.col(WHOLE_KEY)
        if self.table.mapping.joins:
            whole = pl.when(whole.is_not_null()).then(pl.struct(pl.exclude(RAGGED, SHORT, ROW)).hash())
        return [own.alias(OWN_KEY), whole.alias(WHOLE_KEY)]

    @cached_property
    def rule_names(self) -> list[str]:
        """Every rule of the table that costs a row, in the order in which they are tried."""
        costly = [rule for rule in self._all_rules if rule not in self.emptying]
        return [TOO_MANY_FIELDS, TOO_FEW_FIELDS, *costly, self._outside_covers, UNREGISTERED]

    @cached_property
    def _all_rules(self) -> list[str]:
        unreadable = [
            rule_name(name, "unreadable") for name, c in TABLES[self.name].columns().items() if c.dtype != pl.String
        ]
        return [*unreadable, *self._rules(self.columns)]

    def _rules(self, present: Sequence[str]) -> dict[str, pl.Expr]:
        return rules(self.name, present) | impossible.rules(self.name, present, self.limits)

    @property
    def _outside_covers(self) -> str:
        return rule_name(EVENT_DATE.get(self.name, "date"), "outside_covers")

    def _broken(self, present: Sequence[str]) -> pl.Expr:
        """Place in `rule_names` of the first rule that a row breaks, after its columns are parsed."""
        broken = [(name, ~good) for name, good in self._rules(present).items() if name not in self.emptying]
        covers, date = self.table.extract.covers, EVENT_DATE.get(self.name)
        if covers is not None and date is not None:
            broken.append((self._outside_covers, (pl.col(date) < covers[0]) | (pl.col(date) >= covers[1])))
        if self.knows_registered:
            broken.append((UNREGISTERED, pl.col("person").is_null()))
        return self._first(broken)

    def _first(self, broken: list[tuple[str, pl.Expr]]) -> pl.Expr:
        numbers = {name: number for number, name in enumerate(self.rule_names)}
        cases = [(condition, pl.lit(numbers[name], dtype=pl.UInt8)) for name, condition in broken]
        return _of_first(cases, pl.lit(None, dtype=pl.UInt8))


def _of_first(cases: list[tuple[pl.Expr, pl.Expr]], otherwise: pl.Expr) -> pl.Expr:
    """The value of the first condition that is true, else `otherwise`."""
    return reduce(lambda rest, case: pl.when(case[0]).then(case[1]).otherwise(rest), reversed(cases), otherwise)


def _column_of(rule: str) -> str:
    return rule.rpartition(".")[0]
