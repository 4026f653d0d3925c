"""Works out how useful the records of loneliness and strengths are: where they are recorded, whom they find, and
whether asking is worth it.

They hardly change who is at risk. Everything published is protected like all counts of people (`pipeline.disclosure`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from data_schemas.receipts import Feature
from pipeline import disclosure
from pipeline.disclosure import Count
from pipeline.features.agreement import concordance
from pipeline.publish.needs import known, needs
from pipeline.publish.scored import Scored

FROM_AGE = 16
"""The age from which the likelihood of loneliness is worked out, and from which surveys ask."""
LIKELY, KNOWN, ANSWER, LONELY = "loneliness_likelihood", "known_lonely", "direct_loneliness_latest", "direct_lonely"
ANSWERS = (ANSWER, "ucla3_latest", "de_jong_gierveld_latest")
"""Features that show that a person was asked."""
ENTRIES = ("recorded_lonely", "recorded_isolated")
COMPANY, COMPANY_WORDS = "company", ("loneliness", "isolation")
"""The need, and the facts on the record that lists would lack without these codes."""
ENOUGH_ASKED, ENOUGH_LONELY = 100, 20
"""Numbers of people asked, and of people who answered `often or always`, below which nothing is reported because it
could be chance.
"""
FIRST = 0.2
"""The share of people asked who are most likely to be lonely."""
Z_95 = 1.959964


@dataclass(frozen=True)
class Recorded:
    """For the people of a practice (or everyone, under the code None): how many there are, and the shares with an
    entry.
    """

    practice: str | None
    people: Count
    lonely: str
    """Share of people whose record says anything about loneliness, as printed."""
    strength: str
    """Share with a strength on record, as printed."""


@dataclass(frozen=True)
class WorthAsking:
    """The results for the report and the borough's page."""

    recorded: list[Recorded]
    """Everyone first, then practices by code."""
    found: list[str]
    """Sentences about the people whom these entries find."""
    asking: list[str]
    """Sentences about how well the likelihood agrees with people's answers, and whether asking is worth it."""


def worth_asking(scored: Scored, main: pl.DataFrame) -> WorthAsking | None:
    """The results for everyone in the cohort from 16. `main` is the people on the main lists. None if no feature says
    anything.
    """
    strengths = [feature.name for feature in scored.features if _is_strength(feature)]
    kept = scored.known([LIKELY, KNOWN, LONELY, *ANSWERS, *ENTRIES])
    if KNOWN not in kept:
        return None
    facts = {"said": _is_recorded(kept), "strong": _any(scored.known(strengths))}
    values = scored.scan([*kept, *strengths]).select("person", *kept, **facts).collect(engine="streaming")
    people = scored.people.lazy().filter(pl.col("age") >= FROM_AGE).select("person", "practice_code").collect()
    there = people.join(values, on="person")
    return WorthAsking(_coverage(there), _found(scored, main, there), _asking(there))


def _is_strength(feature: Feature) -> bool:
    return feature.strength and not feature.absence and not feature.inferred and feature.statistic in ("ever", "count")


def _any(names: list[str]) -> pl.Expr:
    there = [pl.col(name).fill_null(0) > 0 for name in names]
    return pl.any_horizontal(there) if there else pl.lit(value=False)


def _is_recorded(names: list[str]) -> pl.Expr:
    """Whether the record says anything about loneliness: an entry or an answer of any kind."""
    answered = [pl.col(name).is_not_null() for name in ANSWERS if name in names]
    return pl.any_horizontal(pl.col(KNOWN).fill_null(0) > 0, *answered)


def _coverage(people: pl.DataFrame) -> list[Recorded]:
    """Counts by practice. Each flag is protected with its complement, and totals are the sums of the counts
    as shown.
    """
    tables = {flag: _protected(people, flag) for flag in ("said", "strong")}
    rows = []
    for practice in (None, *sorted(people["practice_code"].unique())):
        sizes = {flag: table[practice] for flag, table in tables.items()}
        rows.append(
            Recorded(practice, sizes["said"][1], *(disclosure.percentage(*sizes[flag]) for flag in ("said", "strong")))
        )
    return rows


def _protected(people: pl.DataFrame, flag: str) -> dict[str | None, tuple[Count, Count]]:
    """Practice → protected counts of people with the flag and of all people. All practices together are under None."""
    counted = people.group_by("practice_code").agg(pl.col(flag).sum(), size=pl.len()).sort("practice_code")
    rows = {code: [yes, size - yes] for code, yes, size in counted.iter_rows()}
    shown = disclosure.protect_table(rows)
    sizes = {code: disclosure.total(row, shown[code]) for code, row in rows.items()}
    counts: dict[str | None, tuple[Count, Count]] = {code: (shown[code][0], sizes[code]) for code in rows}
    with_flag = disclosure.total([row[0] for row in rows.values()], [row[0] for row in shown.values()])
    counts[None] = (with_flag, disclosure.total([sum(row) for row in rows.values()], list(sizes.values())))
    return counts


def _found(scored: Scored, main: pl.DataFrame, people: pl.DataFrame) -> list[str]:
    """People on the main lists about whom nothing else would be shown, and people who are lonely and not at risk."""
    lonely = people.filter(pl.col(KNOWN).fill_null(0) > 0)
    listed = people.join(main, on="person", how="semi")
    alone = listed.join(_by_company_alone(scored, listed["person"]), on="person", how="semi")
    both = lonely.join(main, on="person", how="semi")
    strong = listed.filter("strong")
    return [
        _of(both.height, lonely.height, "people noted as lonely or cut off", "are on a main list because of their risk")
        + " Only these notes find the rest.",
        _of(alone.height, listed.height, "people on the main lists", "have no other need on record")
        + " Without these notes, the list would show no need for them.",
        _of(strong.height, listed.height, "people on the main lists", "have a strength on record"),
    ]


def _of(part: int, whole: int, people: str, are: str) -> str:
    shown = disclosure.protect_table({"": [part, whole - part]})[""]
    size = disclosure.total([part, whole - part], shown)
    return f"Of {disclosure.shown(size)} {people}, {disclosure.shown(shown[0])} {are}."


def _by_company_alone(scored: Scored, persons: pl.Series) -> pl.DataFrame:
    """Those of some people whose only recorded need is loneliness or isolation."""
    people = needs(scored, persons)
    if COMPANY not in people.columns:
        return people.clear()
    others = [pl.col(name).fill_null("") == "" for name in known(people) if name != COMPANY]
    company = pl.col(COMPANY).fill_null("")
    of_these = pl.any_horizontal(company.str.contains(word, literal=True) for word in COMPANY_WORDS)
    return people.filter(of_these, ~company.str.contains("living alone", literal=True), *others)


NOT_ASKED = (
    "No one here was asked: “How often do you feel lonely?” So we cannot say how well we find lonely people, or if it is worth asking. To"
    " find out, put the code of the question in a code list as loneliness.direct."
)
TOO_FEW = "Too few people were asked to say if it is worth asking."
NOT_EVERYBODY = "Not everyone was asked. Each practice picks who to ask."


def _asking(people: pl.DataFrame) -> list[str]:
    """Agreement of the likelihood with the direct question, and what asking finds, or why nothing is reported."""
    if ANSWER not in people.columns or not people[ANSWER].is_not_null().any():
        return [NOT_ASKED]
    asked = people.filter(pl.col(ANSWER).is_not_null(), pl.col(LIKELY).is_not_null())
    lonely = int(asked[LONELY].sum())
    if asked.height < ENOUGH_ASKED or not ENOUGH_LONELY <= lonely <= asked.height - ENOUGH_LONELY:
        return [TOO_FEW]
    return [_agreement(asked), _not_on_record(asked), _yield(asked), NOT_EVERYBODY]


def _agreement(asked: pl.DataFrame) -> str:
    agreement = concordance(asked.select(recorded=pl.col(LONELY) > 0, likely=LIKELY))
    low, high = _around(agreement, int(asked[LONELY].sum()), asked.height)
    verdict = "That is no better than chance." if low <= 0.5 else "That is better than chance."  # noqa: PLR2004 (a coin)
    return (
        f"Take two people who were asked, one of them often lonely. In {100 * agreement:.0f} of 100 such pairs we rank the lonely one first"
        f" [{100 * low:.0f} to {100 * high:.0f}]. {verdict}"
    )


def _around(value: float, positive: int, n: int) -> tuple[float, float]:
    """The 95% interval of a concordance (Hanley and McNeil 1982, Radiology 143:29)."""
    one, two = value / (2 - value), 2 * value**2 / (1 + value)
    spread = (positive - 1) * (one - value**2) + (n - positive - 1) * (two - value**2)
    error = Z_95 * math.sqrt((value * (1 - value) + spread) / (positive * (n - positive)))
    return max(0.0, value - error), min(1.0, value + error)


def _not_on_record(asked: pl.DataFrame) -> str:
    lonely = asked.filter(pl.col(LONELY) > 0)
    entries = [name for name in ENTRIES if name in lonely.columns]
    without = (
        lonely.filter(~pl.any_horizontal(pl.col(name).fill_null(0) > 0 for name in entries)) if entries else lonely
    )
    shares = interval(without.height, lonely.height)
    return f"Of 100 people who said “often or always”, {shares} had no note of it on the record. They were found by asking."


def _yield(asked: pl.DataFrame) -> str:
    """How many lonely people asking finds among the people most likely to be lonely, and among the others."""
    first = asked.sort(LIKELY, "person", descending=[True, False]).head(math.ceil(FIRST * asked.height))
    rest = asked.join(first, on="person", how="anti")
    (here, n), (there, m) = ((int(part[LONELY].sum()), part.height) for part in (first, rest))
    error = Z_95 * math.sqrt(here / n * (1 - here / n) / n + there / m * (1 - there / m) / m)
    worth = "Ask them first." if here / n - there / m > error else "Asking them first finds no more than chance would."
    return (
        f"In the fifth that we rank highest, {interval(here, n)} of 100 people asked were lonely. In the rest it was"
        f" {interval(there, m)}."
        f" {worth}"
    )


def interval(part: int, whole: int) -> str:
    """A share per 100 with its 95% interval (Wilson). It uses rounded counts, so that it reveals no count."""
    counts = disclosure.protect_table({"": [part, whole - part]})[""]
    if None in counts or not whole:
        return f"{disclosure.HIDDEN}"
    share, n = (counts[0] or 0) / sum(count or 0 for count in counts), whole
    centre = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 * math.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2)) / (1 + Z_95**2 / n)
    return f"{100 * share:.0f} [{100 * max(0.0, centre - half):.0f} to {100 * min(1.0, centre + half):.0f}]"


def in_report(results: WorthAsking | None) -> dict[str, object] | None:
    """The same content as the page has, for `report.json`."""
    if results is None:
        return None
    rows = [
        {"practice_code": row.practice, "people": row.people, "loneliness": row.lonely, "strength": row.strength}
        for row in results.recorded
    ]
    return {"recorded": rows, "found": results.found, "asking": results.asking}
