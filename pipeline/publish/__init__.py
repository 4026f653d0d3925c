"""Turns scores into lists, packs and pages for clusters, practices and the borough."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

from data_schemas import disk
from data_schemas.assets import read_services
from data_schemas.disk import read_parquet
from data_schemas.receipts import FileEntry
from pipeline.ledger.entries import LOT, RANK
from pipeline.publish import content, details, files, overview, pages, tabular
from pipeline.publish.areas import points
from pipeline.publish.community import CommunityBook
from pipeline.publish.content import RiskList
from pipeline.publish.overview import Overview
from pipeline.publish.places import lots
from pipeline.publish.prepared import rendered
from pipeline.publish.scored import Scored
from pipeline.publish.segments import selected
from pipeline.publish.unusual import notices
from pipeline.publish.worth_asking import in_report

__all__ = ["Scored", "listed", "notices", "publish"]


def listed(scored: Scored) -> list[int]:
    """The people who will be on a list, sorted. `publish` needs their contributions."""
    return sorted(selected(scored)["person"])


def publish(
    scored: Scored,
    out: Path,
    *,
    contributions: Path,
    report: Callable[[], dict[str, Any]],
    model_card: str,
    code_version: str,
    configuration: str,
    contributions_before: Path | None = None,
    community: Callable[[list[int]], Iterable[tuple[str, bytes, int | None]]] | None = None,
) -> list[FileEntry]:
    """Write `<out>/<as_of>/`, either complete or not at all. Returns the files of its manifest.

    `contributions` is Parquet (person, feature, value, contribution) of at least the `listed` people;
    `contributions_before` is the same for the same people at the earlier as-of date, under today's model. `report` is
    called when the lists are done, so that it can include the time and memory that they took. `community` is called
    with the people on main lists and makes the community pages one by one (path, content and rows), in a second thread.
    Runs at the same time wait for one another.
    """
    people, book = selected(scored), _book(scored)
    main = people.filter("main")
    before = read_parquet(contributions_before) if contributions_before else None
    published = disk.replacing(out / scored.as_of.isoformat())
    with disk.lock(out / files.LOCK), published as folder, ThreadPoolExecutor(2) as beside:
        drafts = files.Drafts(folder)
        others = beside.submit(_add_pages, drafts, community(main["person"].to_list()) if community else ())
        looked = beside.submit(overview.overview, scored, main, book, community=community is not None)
        lines = details.details(scored, people, book, read_parquet(contributions), before)
        seen = looked.result()
        drafts.add("model-card.md", model_card.encode())
        for name, table in (("scores", score_table(scored)), ("choices", choices(people)), ("lots", lots(scored))):
            drafts.add(f"{name}.parquet", tabular.parquet(table), table.height)
        drafts.add("borough.html", overview.borough(seen))
        drafts.add("reidentify.html", pages.reidentify(scored.site))
        _add_lists(drafts, seen, content.risk_lists(scored, people, lines))
        others.result()
        drafts.add("report.json", files.as_json(report() | {"loneliness": in_report(seen.asking)}))
        return drafts.close(_facts(scored, code_version=code_version, configuration=configuration))


def _add_pages(drafts: files.Drafts, made: Iterable[tuple[str, bytes, int | None]]) -> None:
    for page in made:
        drafts.add(*page)


def choices(people: pl.DataFrame) -> pl.DataFrame:
    """How each listed person came onto a list, for the ledger: by rank, by lottery with its probability, or added by
    the team.
    """
    name = pl.when("main").then(pl.lit("main")).otherwise(pl.lit("also"))
    how = pl.col("chosen").fill_null(RANK)
    lot = pl.when(pl.col("chosen") == LOT).then("probability")
    return people.sort("person_id").select("person_id", "cluster_code", list=name, chosen=how, probability=lot)


def score_table(scored: Scored) -> pl.DataFrame:
    """`scores.parquet`: everyone, in order of person_id."""
    columns = ("person_id", "practice_code", "cluster_code", "risk", "band", "rank_in_cluster")
    return (
        scored.people.select(columns)
        .sort("person_id")
        .select(
            "person_id",
            "practice_code",
            "cluster_code",
            pl.lit(scored.as_of).alias("as_of"),
            "risk",
            "band",
            "rank_in_cluster",
            pl.lit(scored.model_version).alias("model_version"),
        )
    )


def _book(scored: Scored) -> CommunityBook | None:
    services = read_services(scored.community)
    return CommunityBook(services, points(scored), scored.as_of) if services else None


def _facts(scored: Scored, **versions: str) -> dict[str, Any]:
    folders = files.folder_names([cluster.code for cluster in scored.clusters])
    return {
        "site": scored.site,
        "as_of": scored.as_of,
        "outcome": scored.outcome,
        "horizon_days": scored.horizon_days,
        "model_version": scored.model_version,
        **versions,
        "clusters": {folders[cluster.code]: dataclasses.asdict(cluster) for cluster in scored.clusters},
        "heads": {folders[c.code]: dataclasses.asdict(content.head_of(scored, c)) for c in scored.clusters},
    }


def _add_lists(drafts: files.Drafts, seen: Overview, lists: list[RiskList]) -> None:
    folders = files.folder_names([each.cluster.code for each in lists])
    for each in lists:
        folder = f"lists/{folders[each.cluster.code]}"
        for name, (data, rows) in rendered(each).items():
            drafts.add(f"{folder}/{name}", data, rows)
        drafts.add(f"{folder}/profile.html", overview.profile(seen, each.cluster))
