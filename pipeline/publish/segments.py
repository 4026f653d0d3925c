"""Defines the lists other than the main one: who each is for, in the order that gives a person their first label."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from pipeline.ledger.entries import TEAM
from pipeline.publish.places import placed
from pipeline.publish.scored import HIGHEST_FIRST, Scored

MAIN = "Main list"
CARE_HOME = "Living in a care home"
ADDED = "Added by the team"
"""What lists say about a person whom the team added."""

SHARE_OF_PLACES = 0.1
"""Each other list adds at most this share of the main list's places."""

_OLDER = 65
_TIME = re.compile(r"last [\w. ]+$")
_TIMES = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Segment:
    """A list other than the main one."""

    name: str
    means: str
    """Who is on it, in words for link workers. `{feature}` is replaced with the time that a feature looks back over."""
    rule: pl.Expr
    """The condition, which uses the columns of `Scored.people` and features by name. A list whose features the site
    lacks is left out.
    """
    ask: str
    """A question to open the conversation with."""


def _has(feature: str) -> pl.Expr:
    return (pl.col(feature) > 0).fill_null(value=False)


def _at_least(feature: str, number: float) -> pl.Expr:
    return (pl.col(feature) >= number).fill_null(value=False)


_STRAINS = (
    _at_least("long_term_conditions", 3),
    _at_least("ae_attendances_1y", 3),
    _at_least("emergency_admissions_2y", 2),
    _has("lives_alone"),
    _has("money_problem_2y") | _has("housing_problem_2y") | _has("homeless_5y") | _has("out_of_work_2y"),
)
OPTIONAL = (
    "recorded_isolated",
    "frailty_moderate_or_severe",
    "hospital_frailty_high",
    "money_problem_2y",
    "housing_problem_2y",
    "homeless_5y",
    "out_of_work_2y",
)
"""Features that a rule uses only if the site has them. If the site lacks another feature of a rule, the list is left
out.
"""

SEGMENTS = (
    Segment(
        "Carers",
        "people who look after someone, by their record",
        _has("is_carer"),
        "Who looks after you while you look after someone else?",
    ),
    Segment(
        "Lonely or isolated",
        "people who are lonely or cut off, by their record, and people of 75 or over who live alone",
        _has("recorded_lonely") | _has("recorded_isolated") | (_has("lives_alone") & (pl.col("age") >= 75)),  # noqa: PLR2004
        "Who do you see in a usual week, and who would you like to see more of?",
    ),
    Segment(
        "Older, with frailty or several conditions",
        "people of 65 or over who are frail (moderate or severe), or who have four or more long-term conditions. "
        "From 85, two conditions are enough",
        (
            (pl.col("age") >= _OLDER)
            & (
                _at_least("long_term_conditions", 4)
                | _has("frailty_moderate_or_severe")
                | _has("hospital_frailty_high")
            )
        )
        | ((pl.col("age") >= 85) & _at_least("long_term_conditions", 2)),  # noqa: PLR2004
        "What would you most like to keep doing for yourself?",
    ),
    Segment(
        "Working age, several things at once",
        "people of 18 to 64 to whom two or more of these five apply. They have three long-term conditions. They went to A&E three times"
        " in the "
        "{ae_attendances_1y}. They had two emergency stays in the {emergency_admissions_2y}. They live alone. They have a money, "
        "housing or work problem on record",
        pl.col("age").is_between(18, _OLDER - 1) & (pl.sum_horizontal(*(s.cast(pl.Int32) for s in _STRAINS)) >= 2),  # noqa: PLR2004
        "If one thing could get easier this month, what should it be?",
    ),
    Segment(
        "Higher risk, no emergency stay yet",
        "people in the top fifth of risk who had no emergency stay in the {emergency_admissions_2y}",
        (pl.col("band") != "Lower") & (pl.col("emergency_admissions_2y").fill_null(0) == 0),
        "What has changed for you over the last few months?",
    ),
)
"""In order of priority. The most specific to a person comes first."""

FEATURES = sorted({name for segment in SEGMENTS for name in segment.rule.meta.root_names()} - {"age", "band"})


def in_words(scored: Scored) -> list[tuple[str, str]]:
    """Every list and who is on it, with the times that the site's features look back over."""
    times = {feature.name: match[0] for feature in scored.features if (match := _TIME.search(feature.means))}
    return [
        (segment.name, _TIMES.sub(lambda name: times.get(name[1], "time known"), segment.means)) for segment in SEGMENTS
    ]


def usable(scored: Scored) -> list[Segment]:
    """The lists whose features the snapshot has, in order of priority."""
    known = {feature.name for feature in scored.features} | set(scored.people.columns) | set(OPTIONAL)
    return [segment for segment in SEGMENTS if set(segment.rule.meta.root_names()) <= known]


def members(scored: Scored) -> pl.DataFrame:
    """`person` and, for each usable list, whether they qualify; for everyone, in any order."""
    absent = [pl.lit(0).alias(name) for name in sorted(set(OPTIONAL) - set(scored.known(OPTIONAL)))]
    people = scored.people.lazy().select("person", "age", "band")
    known = people.join(scored.scan(FEATURES).with_columns(absent), on="person")
    rules = {segment.name: segment.rule for segment in usable(scored)}
    return known.select("person", **rules).collect(engine="streaming")


def selected(scored: Scored) -> pl.DataFrame:
    """Everyone on a list, once, highest risk first.

    The columns of `Scored.people`, with `main` (on the main list), `chosen` and `probability` (`places.placed`),
    `lists` (all lists they are on or qualify for, by priority) and `segment` (the first of them).
    """
    segments = usable(scored)
    member = placed(scored).join(members(scored), on="person", maintain_order="left")
    chosen = pl.any_horizontal("main", *(_among_first(segment) for segment in segments))
    names = [pl.when(pl.col(segment.name)).then(pl.lit(segment.name)) for segment in segments]
    main = pl.when("main").then(pl.lit(MAIN))
    added = pl.when(pl.col("chosen") == TEAM).then(pl.lit(ADDED))
    listed = (
        member.filter(chosen & pl.col("cluster_code").is_not_null())
        .with_columns(
            lists=pl.concat_str(added, main, *names, separator="; ", ignore_nulls=True),
            segment=pl.coalesce(*names, pl.lit(MAIN)),
        )
        .select("person", "main", "places", "lists", "segment", "chosen", "probability")
        .join(scored.people, on="person", maintain_order="left")
        .select(*scored.people.columns, "main", "places", "lists", "segment", "chosen", "probability")
    )
    return pl.concat([listed, _own_list(scored, listed)]).sort(HIGHEST_FIRST, descending=[True, False])


def _own_list(scored: Scored, listed: pl.DataFrame) -> pl.DataFrame:
    """Care-home residents on their own list, if a site wants one."""
    if scored.care_homes != "own_list":
        return listed.clear()
    others = scored.resting | set(listed["person_id"])
    people = scored.people.filter(
        pl.col("person_id").is_in(sorted(scored.in_care_home - others)), pl.col("cluster_code").is_not_null()
    )
    named = {"lists": pl.lit(CARE_HOME), "segment": pl.lit(CARE_HOME)}
    empty = {name: pl.lit(None, kind) for name, kind in listed.schema.items() if name not in scored.people.columns}
    return people.with_columns(**{**empty, **named, "main": pl.lit(value=False)}).select(listed.columns)


def _among_first(segment: Segment) -> pl.Expr:
    """Whether a person is among the highest risks in the cluster that qualify and are not on the main list."""
    # People who lost a lottery are on no list this month, because otherwise we could not learn from the lottery.
    more = pl.col(segment.name) & ~pl.col("main") & pl.col("stratum").is_null()
    place = more.cast(pl.Int32).cum_sum().over("cluster_code")
    return more & (place <= (SHARE_OF_PLACES * pl.col("places")).ceil())
