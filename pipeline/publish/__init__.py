"""Scores to lists: what clusters, practices and the borough are given, and how it is released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from data_schemas.receipts import FileEntry
from pipeline.publish import content, files, overview, pages, tabular
from pipeline.publish.aggregates import Aggregates, aggregates
from pipeline.publish.content import RiskList
from pipeline.publish.reasons import reasons
from pipeline.publish.scored import Scored, notices
from pipeline.publish.workbook import workbook

__all__ = ["Scored", "listed", "notices", "publish"]


def listed(scored: Scored) -> list[int]:
    """The persons that will be on a list, sorted: those whose contributions `publish` needs."""
    return sorted(content.main_list(scored)["person"])


def publish(
    scored: Scored,
    out: Path,
    *,
    contributions: Path,
    report: dict[str, Any],
    model_card: str,
    code_version: str,
    configuration: str,
) -> list[FileEntry]:
    """Write `<out>/<as_of>/`, complete or not at all; returns the files of its manifest.

    `contributions` is Parquet (person, feature, value, contribution) of at least the `listed` people. Runs at the same time wait for one
    another.
    """
    why = reasons(scored.features, pl.read_parquet(contributions), content.main_list(scored))
    facts = {
        "site": scored.site,
        "as_of": scored.as_of,
        "outcome": scored.outcome,
        "horizon_days": scored.horizon_days,
        "model_version": scored.model_version,
        "code_version": code_version,
        "configuration": configuration,
    }
    with files.lock(out, "publish"), files.replacing(out / scored.as_of.isoformat()) as folder:
        drafts = files.Drafts(folder)
        drafts.add("report.json", files.as_json(report))
        drafts.add("model-card.md", model_card.encode())
        scores = score_table(scored)
        drafts.add("scores.parquet", tabular.parquet(scores), scores.height)
        _add_lists(drafts, scored, content.risk_lists(scored, why), aggregates(scored))
        return drafts.close(facts)


def score_table(scored: Scored) -> pl.DataFrame:
    """`scores.parquet`: everyone, by person_id."""
    return scored.people.sort("person_id").select(
        "person_id",
        "practice_code",
        "cluster_code",
        pl.lit(scored.as_of).alias("as_of"),
        "risk",
        "band",
        "rank_in_cluster",
        pl.lit(scored.model_version).alias("model_version"),
    )


def _add_lists(drafts: files.Drafts, scored: Scored, lists: list[RiskList], counts: Aggregates) -> None:
    drafts.add("borough.html", overview.borough(scored, counts))
    for each in lists:
        folder, rows = f"lists/{files.folder_name(each.cluster.code)}", each.rows.height
        drafts.add(f"{folder}/risk-list.parquet", tabular.parquet(each.rows), rows)
        drafts.add(f"{folder}/risk-list.csv", tabular.csv(each.rows), rows)
        drafts.add(f"{folder}/risk-list.xlsx", workbook(each), rows)
        drafts.add(f"{folder}/risk-list.html", pages.risk_list(each), rows)
        drafts.add(f"{folder}/profile.html", overview.profile(scored, each.cluster, counts))
