"""HTML pages: self-contained, without any request to anywhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.publish import words
from pipeline.publish.content import COLUMNS, RiskList
from pipeline.publish.reasons import REASONS
from pipeline.publish.scored import BANDS, BANDS_IN_WORDS

if TYPE_CHECKING:
    import jinja2

_SORTABLE = ("rank", "practice_code", "age_band", "sex", "risk")


def render(template: str, **content: Any) -> bytes:
    """A page from its template; every value is escaped."""
    return _templates().get_template(template).render(**content).encode()


def risk_list(listed: RiskList) -> bytes:
    """The list as a page."""
    rows = [_with_reasons(row) for row in listed.rows.iter_rows(named=True)]
    return render(
        "risk-list.html",
        site=listed.site,
        cluster=listed.cluster,
        day=words.day(listed.as_of),
        predicts=listed.predicts,
        model_version=listed.model_version,
        rows=rows,
        practices=sorted({(row["practice_code"], row["practice_name"]) for row in rows}),
        bands=[name for name, _ in BANDS if any(row["band"] == name for row in rows)],
        ages=[name for name in words.AGE_BANDS.values() if any(row["age_band"] == name for row in rows)],
        headings=[*((key, COLUMNS[key]) for key in ("rank", "person_id", "practice_code", "age_band", "sex", "risk")), ("why", "Why")],
        sortable=_SORTABLE,
        bands_in_words=BANDS_IN_WORDS,
    )  # fmt: skip


def _with_reasons(row: dict[str, Any]) -> dict[str, Any]:
    reasons = [row[f"reason_{n + 1}"] for n in range(REASONS)]
    return {**row, "reasons": [reason for reason in reasons if reason]}


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    loader = jinja2.PackageLoader("pipeline.publish", "templates")
    made = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["percent"] = words.percent
    return made
