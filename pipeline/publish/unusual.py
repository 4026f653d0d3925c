"""Notices about what is unusual in a scored cohort: the clusters' sizes, people in care homes and in no cluster."""

from __future__ import annotations

from data_schemas.receipts import Notice
from pipeline import words
from pipeline.publish.scored import Scored

CLUSTER_PEOPLE = (30_000, 50_000)
"""The usual size of a primary care network, by NHS England."""


def notices(scored: Scored) -> list[Notice]:
    """Notices about the clusters: sizes outside the usual range, and people who belong to none."""
    low, high = CLUSTER_PEOPLE
    result = [
        Notice("cluster_size", f"Cluster {c.code} has {words.people(c.people)}; {low:,} to {high:,} is usual.")
        for c in scored.clusters
        if not low <= c.people <= high
    ]
    if homes := len(scored.in_care_home):
        are = {"off": "on no list", "main": "on the main lists", "own_list": "on a list of their own"}[
            scored.care_homes
        ]
        text = f"Recorded as living in a care home: {words.people(homes)}. They are {are} ([lists] include_care_homes)."
        result.append(Notice("care_homes", text))
    apart = scored.people["cluster_code"].null_count()
    if apart:
        text = f"People whose practice is not in any cluster: {apart:,}. Add the practice to `practices` to put them on a list."
        result.append(Notice("no_cluster", text))
    return result
