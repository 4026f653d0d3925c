"""Reads a publication from its folder, as the content objects that were rendered."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from data_schemas.disk import read_parquet
from data_schemas.errors import RunFailed
from data_schemas.receipts import load
from pipeline import words
from pipeline.ledger.delivered import Edition
from pipeline.ledger.entries import RANK
from pipeline.publish import fhir, files, pages, tabular
from pipeline.publish.content import COLUMNS, Head, RiskList
from pipeline.publish.scored import Cluster
from pipeline.publish.workbook import workbook

RECALL = "prevention.parquet"


@dataclass(frozen=True)
class Prepared(RiskList):
    """A cluster's list and the name of its folder."""

    folder: str = ""
    recall: pl.DataFrame | None = None
    """People due for prevention, for call and recall at each practice."""

    def without(self, persons: pl.Series) -> Prepared:
        """The list without some people. The ranks of the others do not change."""
        keep = ~pl.col("person_id").is_in(persons.implode())
        recall = None if self.recall is None else self.recall.filter(keep)
        return replace(self, rows=self.rows.filter(keep), others=self.others.filter(keep), recall=recall)

    def as_edition(self, edition: Edition) -> Prepared:
        """The list as one edition of several for its date."""
        return replace(self, edition=edition)

    def for_ledger(self, choices: pl.DataFrame | None, released_on: dt.date) -> pl.DataFrame:
        """Everyone on the list as rows for the ledger. `choices` says how each person came onto it; people not in it
        came by rank.
        """
        sides = ((self.rows, "main"), (self.others, "also"))
        people = pl.concat(
            [rows.select("person_id", "practice_code", "rank", "risk", list=pl.lit(name)) for rows, name in sides]
        )
        if choices is None:
            how = people.with_columns(chosen=pl.lit(RANK), probability=pl.lit(None, pl.Float64))
        else:
            how = people.join(choices.select("person_id", "chosen", "probability"), on="person_id", how="left")
        return how.with_columns(
            pl.col("chosen").fill_null(RANK),
            run=pl.lit(str(self.as_of)),
            as_of=pl.lit(self.as_of),
            released_on=pl.lit(released_on),
            cluster_code=pl.lit(self.cluster.code),
            model_version=pl.lit(self.model_version),
        )


def _recall(path: Path) -> pl.DataFrame | None:
    return read_parquet(path) if path.exists() else None


def prepared(folder: Path) -> list[Prepared]:
    """Every cluster's list of a complete publication, by cluster code."""
    manifest = json.loads((folder / files.MANIFEST).read_bytes())
    predicts = f"{words.outcome(manifest['outcome'])} in {words.horizon(manifest['horizon_days'])}"
    return [
        Prepared(
            site=manifest["site"],
            cluster=Cluster(**cluster),
            as_of=dt.date.fromisoformat(manifest["as_of"]),
            predicts=predicts,
            model_version=manifest["model_version"],
            rows=_rows(folder / "lists" / name / "risk-list.parquet"),
            others=_rows(folder / "lists" / name / "also-consider.parquet"),
            folder=name,
            recall=_recall(folder / "lists" / name / RECALL),
            head=_head(manifest.get("heads", {}).get(name, {})),
        )
        for name, cluster in sorted(manifest["clusters"].items())
    ]


def _rows(path: Path) -> pl.DataFrame:
    """Read a list as the run wrote it. Raises RunFailed for a list from an earlier release, whose pages lack facts that
    ours show.
    """
    rows = read_parquet(path)
    if lacking := [name for name in COLUMNS if name not in rows.columns]:
        raise RunFailed(
            f"{path}: an earlier release made this list, without {', '.join(lacking)}; run that date again, then release it"
        )
    return rows


def _head(written: dict[str, object]) -> Head:
    """The head of a list, from the manifest. Empty for a run made before heads existed."""
    return load(Head, json.dumps(written))


def which(listed: RiskList) -> dict[str, pl.Expr]:
    """Columns that say which list a table belongs to."""
    return {
        "cluster_code": pl.lit(listed.cluster.code),
        "as_of": pl.lit(listed.as_of),
        "edition": pl.lit(listed.edition.number, pl.Int32),
    }


def rendered(listed: RiskList) -> dict[str, tuple[bytes, int]]:
    """File name → the content in each format of a list, and its number of rows."""
    rows, others = listed.rows.height, listed.others.height
    columns = which(listed)
    main, also = (table.drop(columns, strict=False).with_columns(**columns) for table in (listed.rows, listed.others))
    return {
        "risk-list.parquet": (tabular.parquet(main), rows),
        "risk-list.csv": (tabular.csv(main), rows),
        "risk-list.xlsx": (workbook(listed), rows),
        "risk-list.html": (pages.risk_list(listed), rows),
        "risk-list.fhir.json": (fhir.bundle(listed), rows),
        "also-consider.parquet": (tabular.parquet(also), others),
        "also-consider.csv": (tabular.csv(also), others),
    }
