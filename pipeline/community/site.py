"""Makes all community pages of a site: works them out once, and renders them for the borough and each cluster with the
recall lists.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from data_schemas.assets import Service
from pipeline import disclosure, pages, words
from pipeline.community import contents
from pipeline.community.asked import Asked, together
from pipeline.community.contents import Place
from pipeline.community.england import BUILT_IN, read_national
from pipeline.community.families import ASKS, Families, families
from pipeline.community.indicators import NAMES
from pipeline.community.indicators import asked as indicators_asked
from pipeline.community.monitor import BOROUGH, Monitor, monitor
from pipeline.community.portrait import Portrait, portrait
from pipeline.community.portrait import asked as portrait_asked
from pipeline.community.prevention import Prevention, prevention
from pipeline.community.prevention import asked as prevention_asked
from pipeline.community.recorded import YEAR
from pipeline.community.records import Records
from pipeline.community.segments import BRIDGES_TO_HEALTH, Segment

FAMILY_WORDS = ("famil", "child", "parent", "baby", "toddler")


@dataclass(frozen=True)
class Community:
    """A site's prevention, segments and families on one day."""

    site: str
    day: dt.date
    places: tuple[Place, ...]
    """The borough first."""
    prevention: Prevention
    portrait: Portrait
    families: Families | None
    for_families: tuple[str, ...]


def community(
    records: Records,
    site: str,
    clusters: Mapping[str, str],
    listed: Collection[int],
    services: Sequence[Service] = (),
    scheme: Sequence[Segment] = BRIDGES_TO_HEALTH,
) -> Community:
    """Compute everything. `clusters` maps code to name; `listed` are the people on main lists."""
    return Community(
        site=site,
        day=records.day,
        places=places(site, clusters),
        prevention=prevention(records),
        portrait=portrait(records, scheme),
        families=families(records, listed),
        for_families=tuple(sorted(service.name for service in services if is_for_families(service))),
    )


def read(records: Records, scheme: Sequence[Segment] = BRIDGES_TO_HEALTH) -> None:
    """Read the log once for all community pages."""
    day = records.day
    of_families: Asked = {day: ASKS}
    records.read(together(prevention_asked(day), portrait_asked(day, scheme), of_families, indicators_asked(day)))


def places(site: str, clusters: Mapping[str, str]) -> tuple[Place, ...]:
    """The borough and its clusters, by code."""
    return (Place(BOROUGH, site), *(Place(code, name) for code, name in sorted(clusters.items())))


def is_for_families(service: Service) -> bool:
    """Whether an offer is for families or children."""
    terms = [each.taxonomy_term.name for each in service.attributes if each.taxonomy_term]
    description = " ".join([service.name, *terms]).lower()
    return service.status == "active" and any(word in description for word in FAMILY_WORDS)


def community_page(seen: Community, place: Place) -> bytes:
    """Prevention, segments and families of the borough or one cluster."""
    return pages.render(
        "community.html",
        site=seen.site,
        day=words.day(seen.day),
        year_ago=words.day(seen.day - dt.timedelta(days=YEAR)),
        place=place,
        rule=disclosure.RULE,
        prevention=contents.prevention_lines(seen.prevention, place),
        left_out=[rule.heading for rule in seen.prevention.left_out],
        notices=seen.prevention.notices if place.is_borough else (),
        segments=contents.segment_lines(seen.portrait, place),
        complex_needs=contents.complex_words(seen.portrait, place),
        flows=contents.flows(seen.portrait) if place.is_borough else None,
        families=contents.family_lines(seen.families, place),
        for_families=seen.for_families,
    )


def monitored(records: Records, rates: Path | None = None) -> Monitor:
    """Every indicator. `rates` is a site's own file of England's figures."""
    return monitor(records, read_national(rates or BUILT_IN, NAMES))


def monitor_page(seen: Monitor, site: str, place: Place, names: Mapping[str, str]) -> bytes:
    """The indicator page of the borough or one cluster."""
    return pages.render(
        "monitor.html",
        site=site,
        day=words.day(seen.day),
        place=place,
        rule=disclosure.RULE,
        blocks=contents.indicator_blocks(seen, place, names),
        missing=[indicator.heading for indicator in seen.missing],
    )


def monitor_json(seen: Monitor, site: str) -> dict[str, Any]:
    """Every figure as data, by indicator and place. Hidden counts are null."""
    return {
        "site": site,
        "day": seen.day.isoformat(),
        "indicators": {
            watched.indicator.name: {
                "heading": watched.indicator.heading,
                "places": {code or "borough": asdict(figure) for code, figure in watched.now.items()},
                "change": {code or "borough": _dict(watched.change(code)) for code in watched.now},
                "england": _dict(watched.national),
                "inequality": _dict(watched.inequality),
            }
            for watched in seen.watched
        },
        "missing": [indicator.name for indicator in seen.missing],
    }


def _dict(thing: Any) -> Any:
    return None if thing is None else asdict(thing)


def recall_list(prevention: Prevention, cluster: str) -> pl.DataFrame:
    """The recall list of each practice in a cluster: one row per person with everything due, the most urgent first."""
    own = prevention.due.filter(pl.col("cluster_code") == cluster)
    return own.group_by(pl.col("practice_code").cast(pl.String), "person_id", maintain_order=True).agg(
        age=pl.col("age").first(),
        sex=pl.col("sex").first().cast(pl.String).replace_strict(words.SEX, default="Not known"),
        ten_year_cvd_risk_percent=(100 * pl.col("cvd_risk").first()).round(0).cast(pl.Int32),
        has_heart_disease_or_stroke=pl.col("has_disease").first(),
        due=pl.col("due").cast(pl.String).str.join("; "),
    )


def as_json(content: object) -> bytes:
    """Readable JSON: the same bytes for the same content."""
    return (json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n").encode()
