"""Keeps the ledger: a permanent record of who was listed, drawn by lottery, reached and seen. Every figure about the
effect of a list comes from it.

`<store>/ledger/releases/`, `lots/` and `outcomes/` hold Parquet files named by a hash of their content, so the same
release or feedback file adds nothing. Files are only rewritten to remove people (opt-outs, retention).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from data_schemas.disk import read_parquet, write, write_parquet
from data_schemas.pseudonyms import Kind, folded
from pipeline.ledger.feedback import SCHEMA as OUTCOME_ROWS
from pipeline.ledger.feedback import Feedback

FOLDER = "ledger"
Part = Literal["releases", "lots", "outcomes"]
PARTS: tuple[Part, ...] = ("releases", "lots", "outcomes")
RANK, LOT, TEAM = "rank", "lot", "team"
"""How a person came onto a list."""

RELEASES: dict[str, pl.DataType | type[pl.DataType]] = {
    "person_id": pl.String,
    "run": pl.String,
    "as_of": pl.Date,
    "released_on": pl.Date,
    "cluster_code": pl.String,
    "practice_code": pl.String,
    "list": pl.String,
    "rank": pl.Int32,
    "risk": pl.Float64,
    "model_version": pl.String,
    "chosen": pl.String,
    "probability": pl.Float64,
}
"""Columns of releases: one row per listed person and release. `list` is `main` or `also`. `probability` is that of the
lottery.
"""
LOTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "person_id": pl.String,
    "as_of": pl.Date,
    "released_on": pl.Date,
    "cluster_code": pl.String,
    "stratum": pl.String,
    "probability": pl.Float64,
    "drawn": pl.Boolean,
    "risk": pl.Float64,
}
"""Columns of lots: one row per person who took part in a lottery, drawn or not."""
OUTCOMES: dict[str, pl.DataType | type[pl.DataType]] = {**OUTCOME_ROWS, "content": pl.String}
_SCHEMAS = {"releases": RELEASES, "lots": LOTS, "outcomes": OUTCOMES}
_DATED = {"releases": "released_on", "lots": "released_on", "outcomes": "outcome_date"}


@dataclass(frozen=True)
class Recorded:
    """One feedback file in the ledger: rows read = stored + refused."""

    name: str
    rows: int
    stored: int
    set_aside: int
    """Rows that could not be read."""
    unknown: int
    """Rows with a pseudonym that is not registered: opted out, left or mistyped."""
    is_new: bool
    """Whether the file's content is new."""

    @property
    def refused(self) -> int:
        return self.set_aside + self.unknown


def folder(store: Path) -> Path:
    """The folder of the ledger."""
    return store / FOLDER


def read(store: Path, part: Part) -> pl.DataFrame:
    """Read every row of one part, without repeats."""
    paths = sorted((folder(store) / part).glob("*.parquet"))
    empty = pl.DataFrame(schema=_SCHEMAS[part])
    return pl.concat([empty, *(read_parquet(path) for path in paths)]).unique(maintain_order=True)


def record_release(store: Path, rows: pl.DataFrame) -> bool:
    """Add the people of one released list (`RELEASES`). Returns False if exactly these were already there, whenever
    they were released.
    """
    return _record(store, "releases", rows.select(*RELEASES).cast(RELEASES))  # type: ignore[arg-type]


def record_lots(store: Path, rows: pl.DataFrame) -> bool:
    """Add everyone who took part in a lottery (`LOTS`), drawn or not."""
    return _record(store, "lots", rows.select(*LOTS).cast(LOTS))  # type: ignore[arg-type]


def _record(store: Path, part: Part, rows: pl.DataFrame) -> bool:
    """Write rows to a file named by their content without the day of the release, so a second delivery adds nothing."""
    if rows.is_empty():
        return False
    ordered = rows.sort("person_id")
    name = hashlib.sha256(ordered.drop("released_on").write_csv().encode()).hexdigest()[:24]
    path = folder(store) / part / f"{ordered['as_of'][0]}-{name}.parquet"
    if path.exists():
        return False
    write_parquet(ordered, path)
    return True


def record_feedback(store: Path, feedback: Feedback, people: Path, kind: Kind = "exact") -> tuple[Recorded, ...]:
    """Add the rows of every file with new content. Rows of people not in the file `people` (the registered) are
    refused.

    `kind` says how pseudonyms are compared. They are stored as the extracts write them.
    """
    registered = read_parquet(people, columns=["person_id"]).rename({"person_id": "registered"})
    known = registered.with_columns(compared=folded(pl.col("registered"), kind))
    recorded = []
    for one in feedback.files:
        rows = feedback.rows.filter(pl.col("file") == one.name).with_columns(compared=folded(pl.col("person_id"), kind))
        named = rows.join(known.unique("compared"), on="compared", how="inner", maintain_order="left")
        stored = named.with_columns(person_id="registered", content=pl.lit(one.content)).select(*OUTCOMES)
        new = _add_file(store, one.content, stored)
        recorded.append(Recorded(one.name, one.rows, stored.height, one.set_aside, rows.height - stored.height, new))
        if new:
            write(folder(store) / "files" / f"{one.content[:24]}.json", json.dumps(asdict(recorded[-1]), indent=1))
    return tuple(recorded)


def _add_file(store: Path, content: str, rows: pl.DataFrame) -> bool:
    path = folder(store) / "outcomes" / f"{content[:24]}.parquet"
    if path.exists():
        return False
    write_parquet(rows, path)
    return True


def forget(store: Path, people: Iterable[str], kind: Kind = "exact") -> int:
    """Remove people who opted out from every part. Returns the removed rows. `kind` says how pseudonyms are
    compared."""
    named = pl.DataFrame({"person_id": sorted(set(people))}, schema={"person_id": pl.String})
    gone = named.select(folded(pl.col("person_id"), kind))["person_id"]
    stays = ~folded(pl.col("person_id"), kind).is_in(gone.implode())
    return _keep(store, lambda _: stays) if gone.len() else 0


def purge(store: Path, before: dt.date, *, dry_run: bool = False) -> int:
    """Delete rows dated before a day. Returns the number of rows deleted, or that a dry run would delete."""
    return _keep(store, lambda part: pl.col(_DATED[part]) >= before, dry_run=dry_run)


def _keep(store: Path, condition: Callable[[Part], pl.Expr], *, dry_run: bool = False) -> int:
    """Keep only rows that meet a condition, by rewriting files. An emptied file stays, so that its content is not added
    again.
    """
    went = 0
    for part in PARTS:
        for path in sorted((folder(store) / part).glob("*.parquet")):
            rows = read_parquet(path)
            kept = rows.filter(condition(part))
            went += rows.height - kept.height
            if kept.height < rows.height and not dry_run:
                write_parquet(kept, path)
    return went


def totals(store: Path) -> dict[str, int]:
    """The `ledger` part of `report.json`: people ever listed, reached and seen."""
    from pipeline.ledger.outcome_words import OUTCOMES as CHOICES

    outcomes = read(store, "outcomes").filter(pl.col("kind") == "outcome")
    reached = outcomes.filter(pl.col("outcome").is_in([each.name for each in CHOICES if each.reached]))
    seen = outcomes.filter(pl.col("outcome").is_in([each.name for each in CHOICES if each.seen]))
    listed = read(store, "releases")
    counted = (("listed", listed), ("reached", reached), ("seen", seen))
    return {name: frame["person_id"].n_unique() for name, frame in counted}


def summary(recorded: Sequence[Recorded], feedback: Feedback) -> dict[str, object]:
    """The `feedback` part of `report.json`: files, rows read, stored and set aside, by outcome; rows = stored +
    set_aside + unknown.
    """
    return {
        "files": len(recorded),
        "rows": sum(one.rows for one in recorded),
        "stored": sum(one.stored for one in recorded),
        "set_aside": sum(one.set_aside for one in recorded),
        "unknown": sum(one.unknown for one in recorded),
        "by_outcome": feedback.by_outcome,
        "by_file": [asdict(one) for one in recorded],
        "problems": [str(one) for one in feedback.set_aside],
    }
