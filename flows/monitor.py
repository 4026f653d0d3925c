"""Flow: compare our impacts with England, for the borough and each cluster."""

from __future__ import annotations

from typing import Any

import polars as pl

from data_schemas import disk
from flows.flow import flow
from flows.lock import alone_in
from flows.parameters import RunParameters
from flows.run import Run


@flow(name="monitor")
def monitor(parameters: RunParameters) -> dict[str, Any]:
    """Write `<out>/monitor/<as_of>/`: a page for the borough and each cluster, and `monitor.json`. Nothing is trained
    or scored.
    """
    with alone_in(parameters.folder):
        return monitored(Run(parameters))


def monitored(run: Run) -> dict[str, Any]:
    """Write the pages and return their paths."""
    from pipeline.community import site
    from pipeline.publish.files import folder_names

    seen, name = run.monitored, run.settings.site.name
    names = cluster_names(run.records.table("practices"), run.records.table("clusters"))
    folder = run.out / "monitor" / run.as_of.isoformat()
    folders = folder_names(list(names))
    for place in site.places(name, names):
        page = "borough.html" if place.is_borough else f"{folders[place.code]}.html"
        disk.write(folder / page, site.monitor_page(seen, name, place, names))
    disk.write(folder / "monitor.json", site.as_json(site.monitor_json(seen, name)))
    missing = ", ".join(indicator.heading for indicator in seen.missing)
    return {"folder": str(folder), "indicators": len(seen.watched), "not in the extracts": missing or "nothing"}


def cluster_names(practices: pl.DataFrame, clusters: pl.DataFrame) -> dict[str, str]:
    """Every cluster's name by its code, or the code if the site gives no name."""
    codes = (
        practices["cluster_code"].drop_nulls().unique().sort().to_list() if "cluster_code" in practices.columns else []
    )
    known = (
        dict(clusters.select("cluster_code", "cluster_name").iter_rows()) if "cluster_name" in clusters.columns else {}
    )
    return {code: known.get(code) or code for code in codes}
