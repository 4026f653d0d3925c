"""The community pages as part of a run: prevention, segments, families and our impacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from data_schemas.assets import read_services
from flows import site_files

if TYPE_CHECKING:
    from flows.run import Run
    from pipeline.community.records import Records
    from pipeline.publish import Scored

Files = dict[str, tuple[bytes, int | None]]
"""Path within the published folder → content and, for lists, rows."""


def records_of(run: Run) -> Records:
    """A site's tables and log as of the run's date."""
    from pipeline.community.records import Records
    from pipeline.features.catalogue import features_of

    admissions = run.settings.extracts.get("admissions")
    return Records(
        tables=run.store / "tables",
        log=run.log,
        concepts=features_of(run.settings).concepts,
        day=run.as_of,
        diag_system=admissions.diag_system if admissions else "icd10",
    )


def community_files(run: Run, scored: Scored, listed: Sequence[int]) -> Files:
    """Every community page of the borough and its clusters, the figures as JSON, and each cluster's list for call and recall."""
    from pipeline.community import segments, site
    from pipeline.publish import tabular
    from pipeline.publish.files import folder_names

    settings, records = run.settings, records_of(run)
    names = {cluster.code: cluster.name for cluster in scored.clusters}
    scheme = (
        segments.read_scheme(settings.community.segments) if settings.community.segments else segments.BRIDGES_TO_HEALTH
    )
    seen = site.community(
        records, settings.site.name, names, listed, read_services(site_files.community(settings)), scheme
    )
    impacts = site.monitored(records, settings.community.rates)
    folders = folder_names(list(names))
    found: Files = {"monitor.json": (site.as_json(site.monitor_json(impacts, settings.site.name)), None)}
    for place in seen.places:
        folder = "" if place.is_borough else f"lists/{folders[place.code]}/"
        found[f"{folder}community.html"] = (site.community_page(seen, place), None)
        found[f"{folder}monitor.html"] = (site.monitor_page(impacts, settings.site.name, place, names), None)
        if not place.is_borough:
            recall = site.recall_list(seen.prevention, place.code)
            found[f"{folder}prevention.csv"] = (tabular.csv(recall), recall.height)
            found[f"{folder}prevention.parquet"] = (tabular.parquet(recall), recall.height)
    return found
