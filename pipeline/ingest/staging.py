"""Stages one table in buckets of people on disk, then writes it in order, so that memory stays limited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import polars as pl

from data_schemas.disk import scan_arrow
from data_schemas.profiles.translate import DELETED, LEFT_OUT, MEMBER, OWN_KEY, STANDING, VERSION
from data_schemas.pseudonyms import folded
from pipeline.ingest.buckets import BUCKET, FILES_AT_ONCE, distribute, files_of, numbers, starts
from pipeline.ingest.checked_table import EMPTIED, UNREGISTERED, CheckedTable
from pipeline.ingest.marks import FILE, MARK, ROW, RULE, marked, part
from pipeline.ingest.ordering import by_people
from pipeline.ingest.people import People
from pipeline.ingest.quarantine import write_quarantine
from pipeline.ingest.source_file import Result, read
from pipeline.ingest.sources import WHOLE_KEY
from pipeline.ingest.tally import Tally
from pipeline.ingest.versions import superseded
from pipeline.ingest.writing import write_frames

BUCKET_ROWS = 1_000_000
"""Approximate rows per bucket, which are sorted together."""
REJECTED, NO_BUCKET, OUTSIDE = -1, -2, -3
"""Numbers of the special buckets: rows that break a rule, empty, rows that withdraw a record or are not part of the
table.
"""
HELD = (MARK, OWN_KEY, WHOLE_KEY, BUCKET, VERSION, EMPTIED)
"""Columns of a staged row that are not written."""


@dataclass(frozen=True)
class Admitted:
    """What happened to a table's rows. Rows of people who opted out are not counted."""

    rows: int
    rejects: dict[str, int]
    unregistered: int
    identical: int
    """Rows that repeat an earlier one in every column."""
    dropped: int
    """Rows of these that `drop_identical` left out."""
    superseded: int
    """Rows whose key a newer row has."""
    deleted: int
    """Newest rows that withdraw their record."""
    left_out: int
    """Rows of the files that are not part of the table; not among `read`."""

    @property
    def read(self) -> int:
        return (
            self.rows + sum(self.rejects.values()) + self.unregistered + self.dropped + self.superseded + self.deleted
        )


class Staged:
    """All rows of a table, parsed and checked, in `folder`."""

    def __init__(self, checked: CheckedTable, rows: int, folder: Path) -> None:
        self.checked, self.folder = checked, folder
        self._buckets, self._about = rows // BUCKET_ROWS + 1, rows
        self.identical = 0
        """Good rows written so far that repeat an earlier one in every column."""
        self.schema = self._rows(slice(None)).collect_schema()
        self.columns = [name for name in self.schema if name not in HELD]
        for first in range(0, len(checked.table.sources), FILES_AT_ONCE):
            some = self._rows(slice(first, first + FILES_AT_ONCE))
            self._run(partial(distribute, some, folder, first, self._buckets))

    def _rows(self, files: slice) -> pl.LazyFrame:
        """The rows of some files with their bucket."""
        rows = self.checked.rows(files)
        rows = rows.with_columns(self._bucket().cast(pl.Int32).alias(BUCKET), self._mark())
        return rows.drop(self._left_out)

    @property
    def _left_out(self) -> list[str]:
        """Columns that take time to stage and can be worked out from others."""
        ids = ["person_id"] if self.checked.knows_registered else []  # where people have numbers, these tell the ids
        keys = [] if self.checked.table.has_keys else [OWN_KEY, VERSION]
        return [*ids, *keys, FILE, ROW, STANDING, RULE]

    def _run(self, work: Callable[[], Result]) -> Result:
        return read(work, lambda: f"{self.checked.name}: its files changed while they were read; run it again")

    def _bucket(self) -> pl.Expr:
        if self.checked.knows_registered:
            home = pl.col("person") // (self.checked.people.size // self._buckets + 1)
        else:
            home = pl.sum_horizontal(pl.lit(0), *(self._compared >= start for start in self._starts))
        inside = pl.when(pl.col(RULE).is_null()).then(home).otherwise(REJECTED)
        return pl.when(pl.col(STANDING) == MEMBER).then(inside).otherwise(OUTSIDE)

    @property
    def _compared(self) -> pl.Expr:
        return folded(pl.col("person_id"), self.checked.people.pseudonyms)

    @cached_property
    def _starts(self) -> list[str]:
        checked = self.checked
        if not checked.is_personal:
            return []
        return self._run(lambda: starts(checked.table, checked.people.pseudonyms, self._about, self._buckets))

    def _mark(self) -> pl.Expr:
        """The mark of a row that may have to be found again; the others are written and read faster without."""
        is_other = pl.col(RULE).is_not_null() | (pl.col(STANDING) != MEMBER) | pl.col(OWN_KEY).is_not_null()
        return pl.when(is_other).then(marked())

    def _scan(self, *buckets: int) -> pl.LazyFrame:
        files = [file for bucket in buckets for file in files_of(self.folder, bucket)]
        wanted = {name: dtype for name, dtype in self.schema.items() if name != BUCKET}
        return scan_arrow(files) if files else pl.LazyFrame(schema=wanted)

    def _live(self, bucket: int) -> pl.LazyFrame:
        """The rows of a bucket that no newer row of their key supersedes."""
        older = self.superseded.filter(pl.col(BUCKET) == bucket)
        return _without(self._scan(bucket), older)

    @cached_property
    def _all(self) -> list[int]:
        """Every bucket, in order."""
        return numbers(self.folder)

    @property
    def good(self) -> list[int]:
        """The buckets that hold good rows, in order."""
        return [bucket for bucket in self._all if bucket >= 0]

    @cached_property
    def superseded(self) -> pl.DataFrame:
        """Places of rows whose key a newer row has, in any bucket."""
        if OWN_KEY not in self.schema:
            return pl.DataFrame(schema={name: self.schema[name] for name in (BUCKET, MARK)})
        columns = (OWN_KEY, VERSION, MARK)
        parts = [self._scan(b).select(*columns, pl.lit(b, dtype=pl.Int32).alias(BUCKET)) for b in self._all]
        keyed = pl.concat(parts or [pl.LazyFrame(schema={name: self.schema[name] for name in (*columns, BUCKET)})])
        return superseded(keyed, OWN_KEY, BUCKET, self.checked.table.date_formats)

    @cached_property
    def broken(self) -> dict[str, int]:
        """Rows per rule broken."""
        counts = self._live(REJECTED).group_by(part(RULE)).agg(rows=pl.len()).sort(RULE).collect(engine="streaming")
        return {self.checked.rule_names[rule]: rows for rule, rows in counts.iter_rows()}

    @cached_property
    def _source_ends(self) -> dict[str, pl.Expr]:
        """Dates for which the source's own last day means "not ended" become empty on that day."""
        names = [name for name in self.checked.table.mapping.ends_with_source if name in self.columns]
        if not names:
            return {}
        rows = pl.concat([self._scan(bucket).select(names) for bucket in self.good or [NO_BUCKET]])
        seen = [pl.col(name).filter(pl.col(name) <= self.checked.limits.today).max() for name in names]
        last = rows.select(seen).collect(engine="streaming").row(0, named=True)
        return {name: pl.when(pl.col(name) < day).then(name).alias(name) for name, day in last.items() if day}

    def _good(self, bucket: int) -> pl.LazyFrame:
        rows = self._live(bucket).with_columns(self._source_ends.values())
        return rows.select(*self.columns, WHOLE_KEY, EMPTIED)

    def ordered(self, bucket: int, people: People | None = None) -> pl.DataFrame:
        """The good rows of a bucket; with `people`, in the order of their numbers, then of the files."""
        rows = self._good(bucket).collect()
        key = rows.drop_in_place(WHOLE_KEY)
        if people is None:
            return self._once(rows, key.is_not_null() & ~key.is_first_distinct())
        if "person" not in rows.columns:
            rows = rows.with_columns(person=people.number())
        order, repeats = by_people(rows["person"], key)
        # one column after the other, because all together are in memory twice
        rows = pl.DataFrame([rows.drop_in_place(name).rechunk().gather(order) for name in rows.columns])
        return self._once(rows, pl.Series(repeats))

    def _once(self, rows: pl.DataFrame, repeats: pl.Series) -> pl.DataFrame:
        """The rows of a bucket, those that repeat an earlier one counted, and left out where the table says so."""
        self.identical += int(repeats.sum())
        return rows.filter(~repeats) if self.checked.table.extract.drop_identical else rows

    def registered(self) -> pl.DataFrame:
        """`compared, person_id` of everybody in a good row, sorted: the pseudonym as compared, and one spelling of
        it."""
        both = self._compared.alias("compared"), pl.col("person_id")
        ids = [self._good(bucket).select(both) for bucket in self.good or [NO_BUCKET]]
        each = [bucket.group_by("compared").agg(pl.col("person_id").min()).sort("compared") for bucket in ids]
        return pl.concat([bucket.collect(engine="streaming") for bucket in each], rechunk=True)

    def write(self, path: Path, people: People | None = None, lives: pl.DataFrame | None = None) -> Tally:
        """Write the good rows as typed Parquet: canonical columns, `person` first for tables of people. Returns their
        tally, with what is outside people's `lives`.
        """
        own = [name for name in self.columns if name not in ("person", "person_id")]
        names = ["person", *own] if people else self.columns
        tally = Tally(self.checked, lives)

        def counted(bucket: int) -> pl.DataFrame:
            frame = self.ordered(bucket, people).select(*names, EMPTIED)
            tally.add(frame)
            for file in files_of(self.folder, bucket):  # now, while another thread writes
                file.unlink()
            return frame.drop(EMPTIED)

        write_frames(path, map(counted, self.good or [NO_BUCKET]), people.ids if people else None)
        return tally

    def rejected(self) -> pl.DataFrame:
        """The place of each rejected row and the rule that it broke."""
        return self._live(REJECTED).select(map(part, (FILE, ROW, RULE))).collect(engine="streaming")

    def quarantine(self, rejected: pl.DataFrame, path: Path) -> None:
        """Write the rejected rows, where there are any."""
        self._run(lambda: write_quarantine(self.checked, rejected, path))

    def admitted(self, rows: int) -> Admitted:
        """The counts, once the table of `rows` rows is written."""
        older_outside = self.superseded.filter(part(STANDING) == LEFT_OUT).height
        outside = dict(self._live(OUTSIDE).group_by(part(STANDING)).len().collect(engine="streaming").iter_rows())
        return Admitted(
            rows=rows,
            rejects={rule: count for rule, count in self.broken.items() if rule != UNREGISTERED},
            unregistered=self.broken.get(UNREGISTERED, 0),
            identical=self.identical,
            dropped=self.identical if self.checked.table.extract.drop_identical else 0,
            superseded=self.superseded.height - older_outside,
            deleted=outside.get(DELETED, 0),
            left_out=outside.get(LEFT_OUT, 0) + older_outside,
        )


def _without(rows: pl.LazyFrame, others: pl.DataFrame) -> pl.LazyFrame:
    """The rows that are not among the others."""
    return rows.join(others.lazy(), on=MARK, how="anti", maintain_order="left") if others.height else rows
