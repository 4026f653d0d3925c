"""People who opted out: read first, and told of by no count and no file."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from data_schemas.disk import write_parquet
from data_schemas.errors import DataRefused
from pipeline.ingest.door import RULE, Door, People
from pipeline.ingest.sources import Table, read

NOBODY = pl.Series("person_id", [], dtype=pl.String)
SHORTENED = "-without-opted-out"


def opted_out(table: Table | None, max_reject_rate: float) -> pl.Series:
    """Sorted pseudonyms of everybody in the table, of whatever kind: a person whose row breaks another rule is removed as well.

    Raises `DataRefused` where a row names nobody, or too many rows break a rule: then nobody can tell whom to remove.
    """
    if table is None:
        return NOBODY
    door = Door(table, People(None, NOBODY))
    rows = read(
        lambda: door.rows().select("person_id", RULE).collect(engine="streaming"),
        lambda: "opt_outs: the files changed while they were read; run it again",
    )
    if rows["person_id"].null_count():
        raise DataRefused(
            "opt_outs: there are rows without person_id, so nobody can tell whom to remove; export the table again"
        )
    if rows[RULE].count() > max_reject_rate * rows.height:
        broken = ", ".join(sorted({door.rule_names[rule] for rule in rows[RULE].drop_nulls()}))
        raise DataRefused(
            f"opt_outs: more than {max_reject_rate:.1%} of the rows break a rule ({broken}); kind is type1 or national: export it again"
        )
    return rows["person_id"].unique().sort()


def forget(people: pl.Series, store: Path) -> None:
    """Take people out of the snapshots of earlier runs, which known models are still compared on.

    Such a snapshot gets another name first, so that it is not taken for the whole one should the opt-outs be taken back; its cohort
    comes last, so that a killed run begins again.
    """
    for cohort in store.glob("snapshots/*/cohort.parquet"):
        named = pl.scan_parquet(cohort).filter(pl.col("person_id").is_in(people.implode()))
        gone = named.select("person").collect(engine="streaming")["person"]
        if gone.len():
            folder = cohort.parent
            if not folder.name.endswith(SHORTENED):
                folder = folder.rename(folder.with_name(folder.name + SHORTENED))
            for path in sorted(folder.rglob("*.parquet"), key=lambda path: path.name == cohort.name):
                write_parquet(pl.read_parquet(path).filter(~pl.col("person").is_in(gone.implode())), path)
