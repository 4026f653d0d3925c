"""The pages without person rows: the borough's, and each cluster's pack."""

from __future__ import annotations

from typing import Any

from pipeline import disclosure
from pipeline.publish import pages, words
from pipeline.publish.aggregates import Aggregates, Breakdown
from pipeline.publish.scored import BANDS_IN_WORDS, Cluster, Scored

RULE = (
    f"Counts of 1 to {disclosure.HIDE_UP_TO} are hidden ({disclosure.HIDDEN}), and some others so that nobody can work those out; "
    f"all others are rounded to the nearest {disclosure.ROUND_TO}. Shares come from the rounded counts."
)


def borough(scored: Scored, counts: Aggregates) -> bytes:
    """`borough.html`."""
    return pages.render(
        "borough.html",
        **_common(scored),
        clusters=[(cluster, disclosure.shown(counts.people[cluster.code])) for cluster in scored.clusters],
        borough_people=disclosure.shown(counts.borough_people),
        places=sum(cluster.places for cluster in scored.clusters),
        breakdowns=[_borough_lines(counts, breakdown) for breakdown in counts.breakdowns],
    )


def profile(scored: Scored, cluster: Cluster, counts: Aggregates) -> bytes:
    """A cluster's `profile.html`."""
    people = counts.people[cluster.code]
    return pages.render(
        "profile.html",
        **_common(scored),
        cluster=cluster,
        people=disclosure.shown(people),
        breakdowns=[_profile_lines(counts, breakdown, cluster.code) for breakdown in counts.breakdowns],
    )


def _common(scored: Scored) -> dict[str, Any]:
    return {
        "site": scored.site,
        "day": words.day(scored.as_of),
        "predicts": f"{words.outcome(scored.outcome)} in {words.horizon(scored.horizon_days)}",
        "model_version": scored.model_version,
        "bands_in_words": BANDS_IN_WORDS,
        "rule": RULE,
    }


def _borough_lines(counts: Aggregates, breakdown: Breakdown) -> dict[str, Any]:
    columns = [breakdown.cells(code, counts.people[code]) for code in counts.people]
    columns.append(breakdown.cells(None, counts.borough_people))
    lines = [
        {"category": category, "cells": [(column[n][1], column[n][2]) for column in columns]}
        for n, category in enumerate(breakdown.categories)
    ]
    return {"heading": breakdown.heading, "lines": lines}


def _profile_lines(counts: Aggregates, breakdown: Breakdown, code: str) -> dict[str, Any]:
    here, everywhere = breakdown.cells(code, counts.people[code]), breakdown.cells(None, counts.borough_people)
    lines = [(*cell, whole[2]) for cell, whole in zip(here, everywhere, strict=True)]
    return {"heading": breakdown.heading, "lines": lines}
