"""One table through the door: staged in buckets of people on disk, then written in order, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from data_schemas.pseudonyms import folded
from pipeline.ingest.copies import FILE, ROW, later_copies
from pipeline.ingest.door import OWN_KEY, REPEATED, RULE, UNREGISTERED, Door, People
from pipeline.ingest.quarantine import write_quarantine
from pipeline.ingest.sources import WHOLE_KEY, read
from pipeline.ingest.writing import write_frames

BUCKET_ROWS = 1_000_000
"""Rows of a bucket, more or less: what is sorted at once."""
STAGED_ROW_GROUP = 16_384
"""Small, for every bucket holds one in memory while rows are dealt out."""
REJECTED, NO_BUCKET = -1, -2
BUCKET = "_bucket"


@dataclass(frozen=True)
class Admitted:
    """What became of a table's rows; those of people who opted out are nowhere in it."""

    rows: int
    rejects: dict[str, int]
    unregistered: int
    identical: int
    """Rows that repeat an earlier one in every column."""
    dropped: int
    """Of these, the ones left out by `drop_identical`."""

    @property
    def read(self) -> int:
        return self.rows + sum(self.rejects.values()) + self.unregistered + self.dropped


class Staged:
    """All rows of a table, parsed and judged, in `folder`."""

    def __init__(self, door: Door, rows: int, folder: Path) -> None:
        self.door, self.folder = door, folder
        self._buckets = 1 if door.name == "registrations" else rows // BUCKET_ROWS + 1
        frame = door.rows()
        staged = frame.with_columns(self._bucket().cast(pl.Int32).alias(BUCKET))
        self.schema = staged.collect_schema()
        self.columns = [name for name in self.schema if name not in (FILE, ROW, RULE, OWN_KEY, WHOLE_KEY, BUCKET)]
        folder.mkdir(parents=True)
        self._run(
            lambda: staged.sink_parquet(
                pl.PartitionBy(folder, key=BUCKET, include_key=False),
                compression="lz4",
                statistics=False,
                row_group_size=STAGED_ROW_GROUP,
                maintain_order=True,
                engine="streaming",
            )
        )

    def _run(self, work: Callable[[], object]) -> None:
        read(work, lambda: f"{self.door.name}: its files changed while they were read; run it again")

    def _bucket(self) -> pl.Expr:
        if self.door.knows_registered:
            span = self.door.people.size // self._buckets + 1
            return pl.when(pl.col(RULE).is_null()).then(pl.col("person") // span).otherwise(REJECTED)
        spread = pl.col("person_id").hash() % self._buckets if self.door.is_personal else pl.lit(0)
        return pl.when(pl.col(RULE).is_null()).then(spread).otherwise(REJECTED)

    def _scan(self, buckets: Iterable[int]) -> pl.LazyFrame:
        files = [file for bucket in buckets for file in sorted((self.folder / f"{BUCKET}={bucket}").glob("*.parquet"))]
        wanted = {name: dtype for name, dtype in self.schema.items() if name != BUCKET}
        return pl.scan_parquet(files) if files else pl.LazyFrame(schema=wanted)

    @cached_property
    def good(self) -> list[int]:
        """The buckets that hold good rows, in order."""
        found = sorted(int(path.name.split("=")[1]) for path in self.folder.iterdir())
        return [bucket for bucket in found if bucket != REJECTED]

    @cached_property
    def broken(self) -> dict[str, int]:
        """Rows per rule broken, repeated row ids aside."""
        counts = self._scan([REJECTED]).group_by(RULE).agg(rows=pl.len()).sort(RULE).collect(engine="streaming")
        return {self.door.rule_names[rule]: rows for rule, rows in counts.iter_rows()}

    @cached_property
    def alike(self) -> pl.DataFrame:
        """Where good rows stand that repeat an earlier one in every column."""
        return later_copies(self._scan(self.good), WHOLE_KEY)

    @property
    def _dropped(self) -> pl.DataFrame:
        return self.alike if self.door.table.extract.drop_identical else self.alike.clear()

    @cached_property
    def repeated(self) -> pl.DataFrame:
        """Where good rows stand whose `row_id` came before."""
        return later_copies(_without(self._scan(self.good), self._dropped), OWN_KEY)

    def ordered(self, bucket: int, people: People | None = None) -> pl.LazyFrame:
        """The good rows of a bucket in the order of people, then of the files; `people` numbers rows that are not numbered yet."""
        rows = _without(self._scan([bucket]), pl.concat([self._dropped, self.repeated]))
        if people is not None and "person" not in self.columns:
            rows = people.numbering(rows)
        return rows.sort("person", maintain_order=True) if self._person(people) else rows

    def _person(self, people: People | None) -> list[str]:
        return ["person"] if "person" in self.columns or people is not None else []

    def registered(self) -> pl.DataFrame:
        """`compared, person_id` of everybody in a good row, sorted: the pseudonym as it is compared, and one spelling of it."""
        compared = folded(pl.col("person_id"), self.door.people.pseudonyms).alias("compared")
        ids = pl.concat([self.ordered(bucket).select(compared, "person_id") for bucket in self.good or [NO_BUCKET]])
        return ids.group_by("compared").agg(pl.col("person_id").min()).collect(engine="streaming").sort("compared")

    def write(self, path: Path, people: People | None = None) -> None:
        """The good rows as typed Parquet: canonical columns, `person` first for tables of people."""
        names = [*self._person(people), *(name for name in self.columns if name != "person")]
        buckets = (self.ordered(bucket, people).select(names) for bucket in self.good or [NO_BUCKET])
        write_frames(path, (bucket.collect(engine="streaming") for bucket in buckets))

    def rejected(self) -> pl.DataFrame:
        """Where rows stand that are rejected or set aside, and the rule that each breaks first."""
        broken = self._scan([REJECTED]).select(FILE, ROW, RULE).collect(engine="streaming")
        number = pl.lit(self.door.rule_names.index(REPEATED), dtype=pl.UInt8)
        return pl.concat([broken, self.repeated.with_columns(number.alias(RULE))])

    def quarantine(self, path: Path) -> None:
        """Write the rejected rows, where there are any."""
        self._run(lambda: write_quarantine(self.door, self.rejected(), path))

    def admitted(self, rows: int) -> Admitted:
        """Counts, once the table of `rows` rows is written."""
        rejects = {rule: count for rule, count in self.broken.items() if rule != UNREGISTERED}
        if self.repeated.height:
            rejects[REPEATED] = self.repeated.height
        return Admitted(rows, rejects, self.broken.get(UNREGISTERED, 0), self.alike.height, self._dropped.height)


def _without(rows: pl.LazyFrame, places: pl.DataFrame) -> pl.LazyFrame:
    """The rows that do not stand at one of the places."""
    return rows.join(places.lazy(), on=[FILE, ROW], how="anti", maintain_order="left") if places.height else rows
