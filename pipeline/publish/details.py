"""Works out what a list says about each person apart from their risk: reasons, strengths, change, history, questions
and offers.
"""

from __future__ import annotations

import polars as pl

from pipeline.publish import prompts
from pipeline.publish.changes import changes
from pipeline.publish.community import NOTHING_NEAR, CommunityBook
from pipeline.publish.content import NEW, OFFERS
from pipeline.publish.eligibility import GROUPS, memberships
from pipeline.publish.needs import known, needs, present
from pipeline.publish.phrases import phrase
from pipeline.publish.reasons import facts_in_words, in_words
from pipeline.publish.scored import Scored
from pipeline.publish.segments import SEGMENTS
from pipeline.publish.strengths import strengths

HARD_TO_GO_OUT = (
    "function_frailty_severe_ever",
    "function_housebound_ever",
    "needs_care_2y",
    "social_social_care_ever",
)
"""Features of people who see services that visit them first: severe frailty, housebound, care at home."""
SEVERE_FRAILTY = 0.36
"""The same for people above this value of the electronic Frailty Index."""
_ORDINALS = (
    "Second",
    "Third",
    "Fourth",
    "Fifth",
    "Sixth",
    "Seventh",
    "Eighth",
    "Ninth",
    "Tenth",
    "Eleventh",
    "Twelfth",
)


def details(
    scored: Scored, selected: pl.DataFrame, book: CommunityBook | None, now: pl.DataFrame, before: pl.DataFrame | None
) -> pl.DataFrame:
    """`person` with reasons, strengths, change, history, questions and offers of the selected people.

    `now` and `before` are contributions at this as-of date and at the earlier run's, if there is one.
    """
    persons = selected["person"]
    facts = facts_in_words(scored.features, now, selected, scored.medians, lambda names: scored.values(names, persons))
    offers, going_for = _offers(scored, selected, book), strengths(scored, persons)
    lines = in_words(facts, now, selected)
    parts = [
        going_for,
        offers,
        changes(scored, selected, now, before),
        _history(scored, selected),
        _prompts(scored, selected, facts, going_for, offers),
    ]
    for part in parts:
        lines = lines.join(part, on="person", how="left")
    return lines


def _history(scored: Scored, selected: pl.DataFrame) -> pl.DataFrame:
    """`person, months, contact`: whether they are new or for how many months they have been listed, and what happened.
    Empty on a first list.
    """
    known = selected.select("person", "person_id").join(scored.history.people(), on="person_id", how="left")
    first = scored.history.releases.is_empty()
    months = ["" if first else _months(n) for n in known["months_running"].to_list()]
    return known.select(
        "person", pl.Series("months", months, dtype=pl.String), contact=pl.col("said").fill_null("").cast(pl.String)
    )


def _months(running: int | None) -> str:
    """The number of months in words. `running` counts the lists without a gap before this one: null for people never
    listed, 0 for people not on the last list.
    """
    if running is None:
        return NEW
    if running == 0:
        return "Back on the list"
    return f"{_ORDINALS[running - 1]} month on the list" if running <= len(_ORDINALS) else "Over a year on the list"


def _prompts(
    scored: Scored, selected: pl.DataFrame, facts: pl.DataFrame, going_for: pl.DataFrame, offers: pl.DataFrame
) -> pl.DataFrame:
    """`person` with `prompt_1`, from the strongest reason that has a question, and `prompt_2`, from a strength, an
    offer or the list."""
    by_name = {feature.name: feature for feature in scored.features}
    first: dict[int, str] = {}
    for person, name, value in facts.select("person", "feature", "value").iter_rows():
        if person not in first:
            plain = phrase(by_name[name], value)
            asked = prompts.of_reason(by_name[name], plain[:1].lower() + plain[1:] if plain[1:2].islower() else plain)
            first |= {person: asked} if asked else {}
    about = dict(going_for.select("person", "about").iter_rows())
    offered = dict(offers.select("person", "offer_1").iter_rows())
    asks = {segment.name: segment.ask for segment in SEGMENTS}
    rows = []
    for person, segment in selected.select("person", "segment").iter_rows():
        one = first.get(person, prompts.WHAT_MATTERS)
        more = (
            prompts.OF_STRENGTH.get(about[person] or "", ""),
            prompts.of_offer(offered[person]),
            asks.get(segment, ""),
        )
        two = next((text for text in more if text and text != one), prompts.WHAT_MATTERS)
        rows.append((person, one, "" if two == one else two))
    return pl.DataFrame(rows, schema={"person": pl.Int32, "prompt_1": pl.String, "prompt_2": pl.String}, orient="row")


def _offers(scored: Scored, selected: pl.DataFrame, book: CommunityBook | None) -> pl.DataFrame:
    """`person` with `offer_1` to `offer_3`: offers nearby for the needs on their record, or a note that
    there are none.
    """
    names = [f"offer_{n + 1}" for n in range(OFFERS)]
    if book is None:
        return selected.select("person", *(pl.lit("").alias(name) for name in names))
    people = selected.select("person", "age", _area(selected))
    people_needs = people.join(needs(scored, people["person"]), on="person").join(memberships(scored), on="person")
    people_needs = people_needs.join(_at_home(scored, people["person"]), on="person", how="left")
    wanted, groups = known(people_needs), [group.name for group in GROUPS if group.name in people_needs.columns]
    rows = []
    for row in people_needs.iter_rows(named=True):
        member_of, spoken = {name for name in groups if row[name]}, [need for need in wanted if row[need]]
        near = book.for_person(
            spoken, row["lsoa_code"], row["age"], OFFERS, member_of, at_home=bool(row["hard_to_go_out"])
        )
        texts = [each.because(row[each.offer.need]) for each in near]
        texts = texts or ([f"{NOTHING_NEAR} for: {', '.join(spoken)}"] if spoken else [])
        rows.append((row["person"], *texts, *[""] * (OFFERS - len(texts))))
    return pl.DataFrame(rows, schema={"person": pl.Int32, **dict.fromkeys(names, pl.String)}, orient="row")


def _at_home(scored: Scored, persons: pl.Series) -> pl.DataFrame:
    """`person, hard_to_go_out`: whether a person finds it hard to go out."""
    values = scored.values([*HARD_TO_GO_OUT, "frailty_index"], persons)
    flags = [name for name in HARD_TO_GO_OUT if name in values.columns]
    so = present(flags) if flags else pl.lit(value=False)
    if "frailty_index" in values.columns:
        so |= (pl.col("frailty_index") > SEVERE_FRAILTY).fill_null(value=False)
    return values.select("person", hard_to_go_out=so)


def _area(people: pl.DataFrame) -> pl.Expr:
    return pl.col("lsoa_code") if "lsoa_code" in people.columns else pl.lit(None, pl.String).alias("lsoa_code")
