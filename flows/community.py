"""Makes the community pages as part of a run: prevention, segments, families and our impacts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from data_schemas import disk
from data_schemas.assets import read_services
from flows import site_files

if TYPE_CHECKING:
    from flows.run import Run
    from pipeline.community.records import Records
    from pipeline.community.segments import Segment
    from pipeline.publish import Scored

File = tuple[str, bytes, int | None]
"""A path within the published folder, the content and, for lists, the number of rows."""


def records_of(run: Run) -> Records:
    """Read a site's tables and log as of the run's date."""
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


def segment_words(run: Run) -> Path:
    """Write everyone's segment on the run's date, in the words that a list prints, as Parquet: `person, words`.

    This also reads the log for the community pages.
    """
    from pipeline.community import segments, site

    records, scheme = run.records, scheme_of(run)
    site.read(records, scheme)
    path = run.store / "segments" / f"{run.as_of}.parquet"
    assigned = segments.segments_of(records, run.as_of, scheme)
    words = pl.col("segment").replace_strict({each.name: each.words for each in scheme}, return_dtype=pl.String)
    return disk.write_parquet(assigned.sort("person").select("person", words=words), path)


def scheme_of(run: Run) -> tuple[Segment, ...]:
    """The site's own scheme of segments, or Bridges to Health."""
    from pipeline.community import segments

    own = run.settings.community.segments
    return segments.read_scheme(own) if own else segments.BRIDGES_TO_HEALTH


def community_files(run: Run, scored: Scored, listed: Sequence[int]) -> Iterator[File]:
    """Make every community page of the borough and its clusters, the figures as JSON, and each cluster's list for call
    and recall, one after the other."""
    from pipeline.community import site
    from pipeline.publish import tabular
    from pipeline.publish.files import folder_names

    settings, records = run.settings, run.records
    names = {cluster.code: cluster.name for cluster in scored.clusters}
    services = read_services(site_files.community(settings))
    seen = site.community(records, settings.site.name, names, listed, services, scheme_of(run))
    impacts = run.monitored
    folders = folder_names(list(names))
    yield "monitor.json", site.as_json(site.monitor_json(impacts, settings.site.name)), None
    for place in seen.places:
        folder = "" if place.is_borough else f"lists/{folders[place.code]}/"
        yield f"{folder}community.html", site.community_page(seen, place), None
        yield f"{folder}monitor.html", site.monitor_page(impacts, settings.site.name, place, names), None
        if not place.is_borough:
            recall = site.recall_list(seen.prevention, place.code)
            yield f"{folder}prevention.csv", tabular.csv(recall), recall.height
            yield f"{folder}prevention.parquet", tabular.parquet(recall), recall.height
