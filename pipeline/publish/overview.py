"""Makes the pages without person rows: the borough's page, and each cluster's pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline import disclosure, pages, words
from pipeline.community.charts import draw_trend
from pipeline.community.xmr import Trend
from pipeline.publish import value
from pipeline.publish.aggregates import Aggregates, Breakdown, aggregates, flagged
from pipeline.publish.allocation import Reach, reach
from pipeline.publish.areas import measures
from pipeline.publish.community import REACH_MILES, CommunityBook
from pipeline.publish.content import sources_of
from pipeline.publish.drawing import draw_map
from pipeline.publish.scored import BANDS_IN_WORDS, Cluster, Scored
from pipeline.publish.segments import in_words
from pipeline.publish.trends import trends
from pipeline.publish.worth_asking import WorthAsking, worth_asking


@dataclass(frozen=True)
class Overview:
    """The data for the pages without person rows."""

    scored: Scored
    flagged: pl.DataFrame
    """From `aggregates.flagged`."""
    counts: Aggregates
    reach: dict[str, Reach]
    trends: dict[str, Trend]
    asking: WorthAsking | None
    community: bool = False
    """Whether the community pages are published too."""


def overview(scored: Scored, main: pl.DataFrame, book: CommunityBook | None, *, community: bool = False) -> Overview:
    """Count and protect everything once. `main` is the people on the main lists."""
    flags = flagged(scored)
    counts = aggregates(scored, flags, book)
    return Overview(scored, flags, counts, reach(scored, main), trends(scored), worth_asking(scored, main), community)


def borough(seen: Overview) -> bytes:
    """`borough.html`."""
    codes = [cluster.code for cluster in seen.scored.clusters]
    return pages.render(
        "borough.html",
        **_common(seen.scored),
        community=seen.community,
        clusters=seen.scored.clusters,
        people=[disclosure.shown(seen.counts.people[code]) for code in (*codes, None)],
        reach=[_reach_words(seen.reach[code]) for code in codes],
        places=sum(cluster.places for cluster in seen.scored.clusters),
        breakdowns=[_across(seen.counts, breakdown, codes) for breakdown in seen.counts.breakdowns],
        segments=_first_lines(seen.counts, seen.counts.segments, codes, 0),
        gaps=_first_lines(seen.counts, seen.counts.gaps, codes, 1),
        value=_value(seen.scored),
        asking=_asking(seen),
    )


def _asking(seen: Overview) -> dict[str, Any] | None:
    """How useful the records of loneliness and strengths are."""
    if seen.asking is None:
        return None
    names = seen.scored.practice_names
    rows = [
        (
            names.get(each.practice, each.practice) if each.practice else "All practices",
            disclosure.shown(each.people),
            each.lonely,
            each.strength,
        )
        for each in seen.asking.recorded
    ]
    return {"rows": rows, "found": seen.asking.found, "asking": seen.asking.asking}


def _value(scored: Scored) -> dict[str, Any] | None:
    """What a place is worth. Only for unplanned stays, because they have a cost."""
    if scored.outcome != "unplanned_admission":
        return None
    clusters = [(cluster.code, cluster.name, cluster.places) for cluster in scored.clusters]
    return value.section(scored.people.select("cluster_code", "risk"), clusters, scored.money)


def profile(seen: Overview, cluster: Cluster) -> bytes:
    """`profile.html`, the page about a cluster's community."""
    counts, code = seen.counts, cluster.code
    trend = seen.trends.get(code)
    return pages.render(
        "profile.html",
        **_common(seen.scored),
        community=seen.community,
        cluster=cluster,
        people=disclosure.shown(counts.people[code]),
        reach=_reach_words(seen.reach[code]),
        breakdowns=[_beside_borough(counts, breakdown, code) for breakdown in counts.breakdowns],
        segments=[_beside_borough(counts, breakdown, code)["lines"][0] for breakdown in counts.segments],
        gaps=[(breakdown.heading, *_gap(breakdown, code)) for breakdown in counts.gaps],
        maps=[draw_map(measure) for measure in measures(seen.scored, seen.flagged, code, counts)],
        chart=draw_trend(trend) if trend else None,
        last_time=_last_time(seen.scored, code),
    )


def _last_time(scored: Scored, code: str) -> str:
    """What happened after a cluster's last list, in protected counts. Empty before the second list."""
    came = scored.history.last_time().get(code)
    return "" if came is None else came.protected


def _common(scored: Scored) -> dict[str, Any]:
    sources, old = sources_of(scored)
    return {
        "sources": words.listing(list(sources)),
        "old": old,
        "owner": scored.answerable.owner,
        "contact": scored.answerable.contact,
        "happens": words.verb(scored.outcome),
        "within": words.within(scored.horizon_days),
        "site": scored.site,
        "day": words.day(scored.as_of),
        "predicts": f"{words.outcome(scored.outcome)} in {words.horizon(scored.horizon_days)}",
        "model_version": scored.model_version,
        "bands_in_words": BANDS_IN_WORDS,
        "segments_in_words": in_words(scored),
        "rule": disclosure.RULE,
        "reach_miles": f"{REACH_MILES:.0f}",
    }


def _reach_words(each: Reach) -> dict[str, str]:
    """Expected events are sums of model risks, rounded like counts. For a list of a few people they are hidden."""
    few = disclosure.protect(each.listed) is None
    days = disclosure.HIDDEN if few else disclosure.shown(disclosure.protect(round(each.bed_days or 0)))
    return {
        "places": f"{each.places:,}",
        "expected": disclosure.shown(disclosure.protect(round(each.expected))),
        "reached": disclosure.shown(disclosure.protect(round(each.reached))),
        "missed": disclosure.shown(disclosure.protect(round(each.missed))),
        "ppv": disclosure.HIDDEN if few else words.percent(each.ppv),
        "bed_days": "" if each.bed_days is None else days,
        "ten_more": "" if each.ten_more is None else f"{each.ten_more:.0f}",
        "last": "" if each.last_risk is None else words.percent(each.last_risk),
        "fair": f"{each.fair_places:,}",
    }


def _lines(counts: Aggregates, breakdown: Breakdown, code: str | None) -> list[tuple[str, str, str]]:
    """Category, count and share of everyone, as printed."""
    return [
        (category, disclosure.shown(count), disclosure.percentage(count, counts.people[code]))
        for category, count in zip(breakdown.categories, breakdown.counts(code), strict=True)
    ]


def _across(counts: Aggregates, breakdown: Breakdown, codes: list[str]) -> dict[str, Any]:
    """The breakdown with a column for each cluster and one for the borough."""
    columns = [_lines(counts, breakdown, code) for code in (*codes, None)]
    lines = [(category, [column[n][1:] for column in columns]) for n, category in enumerate(breakdown.categories)]
    return {"heading": breakdown.heading, "lines": lines}


def _first_lines(
    counts: Aggregates, breakdowns: list[Breakdown], codes: list[str], category: int
) -> list[tuple[str, Any]]:
    """One line per breakdown: the counts and shares of one of its categories."""
    return [(breakdown.heading, _across(counts, breakdown, codes)["lines"][category][1]) for breakdown in breakdowns]


def _beside_borough(counts: Aggregates, breakdown: Breakdown, code: str) -> dict[str, Any]:
    here, everywhere = _lines(counts, breakdown, code), _lines(counts, breakdown, None)
    is_flag = breakdown in counts.segments
    lines = [
        (breakdown.heading if is_flag else category, count, share, whole[2])
        for (category, count, share), whole in zip(here, everywhere, strict=True)
    ]
    return {"heading": breakdown.heading, "lines": lines}


def _gap(breakdown: Breakdown, code: str) -> tuple[str, str, str]:
    """People with the need, those without an offer in reach, and their share. Hidden if either count is hidden."""
    met, unmet, _ = breakdown.clusters[code]
    spoken = None if met is None or unmet is None else met + unmet
    return disclosure.shown(spoken), disclosure.shown(unmet), disclosure.percentage(unmet, spoken)
