"""Makes HTML pages: a risk list, and the page that looks up names at the practice."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline import words
from pipeline.ledger.feedback import REST_DAYS
from pipeline.ledger.outcome_words import BY_NAME
from pipeline.pages import UNRELEASED, render
from pipeline.publish.community import REACH_MILES
from pipeline.publish.content import NEW, OFFERS, RiskList
from pipeline.publish.reasons import REASONS
from pipeline.publish.scored import BANDS, BANDS_IN_WORDS
from pipeline.publish.segments import MAIN, SEGMENTS
from pipeline.publish.strengths import STRENGTHS

NOT_REACHED = BY_NAME["Could not reach"].said

_TOGETHER = {
    "reasons": ("reason", REASONS),
    "strengths": ("strength", STRENGTHS),
    "offers": ("offer", OFFERS),
    "prompts": ("prompt", 2),
}


def risk_list(listed: RiskList) -> bytes:
    """The list as a page."""
    rows, others = _people(listed.rows), _people(listed.others)
    everyone = [*rows, *others]
    on_a_list = {name for row in everyone for name in row["lists"].split("; ")}
    return render(
        "risk-list.html",
        site=listed.site,
        cluster=listed.cluster,
        day=words.day(listed.as_of),
        predicts=listed.predicts,
        listed=listed,
        edition=listed.edition,
        head=listed.head,
        sources=words.listing(list(listed.head.sources)),
        file_name=f"outcomes-{listed.cluster.code}-{listed.as_of}",
        model_version=listed.model_version,
        rows=rows,
        others=others,
        practices=sorted({(row["practice_code"], row["practice_name"]) for row in everyone}),
        main=MAIN,
        lists=[name for name in (MAIN, *(segment.name for segment in SEGMENTS)) if name in on_a_list],
        bands=[name for name, _ in BANDS if any(row["band"] == name for row in everyone)],
        ages=[name for name in words.AGE_BANDS.values() if any(row["age_band"] == name for row in everyone)],
        outcomes=list(REST_DAYS),
        reach_miles=f"{REACH_MILES:.0f}",
        bands_in_words=BANDS_IN_WORDS,
        segments_in_words=listed.segments_in_words,
    )


def reidentify(site: str) -> bytes:
    """The page that a locked-down practice computer opens, the same for every list."""
    return render("reidentify.html", site=site, outcomes=list(REST_DAYS), file_name="outcomes")


def with_edition(page: bytes, listed: RiskList) -> bytes:
    """A page that goes with a list and names its edition."""
    goes = f"Goes with {str(listed.edition).lower()} of the list. {listed.released}"
    return page.replace(UNRELEASED.encode(), goes.encode())


def _people(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows. Facts in several columns of the list become one list, without empty ones."""
    return [
        {
            **row,
            **{
                name: [row[f"{key}_{n + 1}"] for n in range(most) if row[f"{key}_{n + 1}"]]
                for name, (key, most) in _TOGETHER.items()
            },
            "so_far": _so_far(row["months"], row["contact"]),
        }
        for row in rows.iter_rows(named=True)
    ]


def _so_far(months: str, contact: str) -> str:
    """The values that the contact filter uses: `new`, `not contacted`, both or neither."""
    is_new = months == NEW
    return "; ".join(
        name for name, so in (("new", is_new), ("not contacted", is_new or not contact or NOT_REACHED in contact)) if so
    )
