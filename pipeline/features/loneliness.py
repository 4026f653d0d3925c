"""Features of loneliness: (a) as recorded, (b) as a likelihood, (c) for the area, (d) by the prescribing index.

(a) is under-recorded: no entry never means "not lonely". (b) adds the log odds of published studies, part by part. For
65 and older it is the model of Age UK on the English Longitudinal Study of Ageing, with its level shifted to the 4-5%
who are often or always lonely at that age (Community Life Survey 2024/25): as published it reported three times as many
in a borough with Wigan's make-up. For 16 to 64 the 3% of people without a limiting condition are the base (same
survey), with the adjusted odds ratios of ONS 2018 for the youngest, for poor health and for the widowed, and the
survey's rates by age (against 75 and older) and of people with a limiting condition, which are not adjusted. Self-rated
health is not in the record: how many long-term conditions are recorded is used instead (none: excellent, 1: good, 2 or
3: fair, more: poor; for 16 to 64, 2 or more: poor), a judgement. Without an address, one other person at home is
assumed. See docs/explanation/loneliness.md for how well it works. The direct question is the national indicator of the
Government Statistical Service ("How often do you feel lonely?": often or always, some of the time, occasionally, hardly
ever, never). Low wellbeing is what the ONS counts as low (0 to 4) or, for anxiety, as high (6 to 10). (d) counts five
of the six illnesses of the ONS index: social anxiety has no medicine specific to it.
"""

# ruff: noqa: E501, PLR2004 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

import math

import polars as pl

from pipeline.features.declare import Declaration, count, ever, fact, latest, score, years

FAMILY = "loneliness"

IS_OLDER = pl.col("age") >= 65
CONDITIONS = pl.col("long_term_conditions")
LIMITS = pl.sum_horizontal("function_activity_limitation_ever", "function_mobility_ever", "function_housebound_ever")
OTHERS_AT_HOME = (pl.col("household_size").fill_null(2 - pl.col("social_lives_alone_ever")) - 1).clip(0, 2)
IS_BEREAVED = pl.col("social_bereaved_ever") == 1
FROM_16 = pl.col("age") >= 16
BASE = math.log(0.03 / 0.97)
OLDER_BASE = -2.62 - 1.4
AGED_25, AGED_35 = math.log(0.08 / 0.92) - math.log(0.05 / 0.95), math.log(0.07 / 0.93) - math.log(0.05 / 0.95)
LIMITED = math.log(0.14 / 0.86) - BASE



def part(of: str, expression: pl.Expr) -> Declaration:
    """One part of the likelihood, as log odds."""
    return score(
        expression, missing=0, means=f"part of the loneliness likelihood: {of}", inferred=True, unit="log odds", group="loneliness_likelihood"
    )


def first_of(*cases: tuple[pl.Expr, float | pl.Expr]) -> pl.Expr:
    """The value of the first case that is true. 0 if none is."""
    return pl.coalesce(*(pl.when(holds).then(value) for holds, value in cases), 0)


def takes(*medicines: str) -> pl.Expr:
    """1 for people who were prescribed one of some kinds of medicine in the last year."""
    return pl.any_horizontal(pl.col(f"rx_{medicine}_count_1y") > 0 for medicine in medicines).cast(pl.Int8)


# (a) recorded
recorded_lonely = ever("social.lonely", missing=0, means="recorded as lonely", group="lonely")
recorded_lonely_2y = count("social.lonely", over=years(2), missing=0, means="time(s) recorded as lonely in the {window}", says="recorded as lonely {times} in the {window}", group="lonely")
recorded_isolated = ever("social.isolated", missing=0, means="recorded as socially isolated", group="lonely")
ucla3_latest = latest("loneliness.ucla3", over=years(3), missing=None, means="UCLA loneliness score (3 to 9) in the {window}", bare=True, group="lonely")
ucla3_lonely = score(pl.col("ucla3_latest") >= 6, missing=0, means="lonely by the UCLA score (6 or more)", group="lonely")
de_jong_gierveld_latest = latest("loneliness.de_jong_gierveld", over=years(3), missing=None, means="De Jong Gierveld score (0 to 6) in the {window}", bare=True, group="lonely")
de_jong_gierveld_lonely = score(pl.col("de_jong_gierveld_latest") >= 2, missing=0, means="lonely by the De Jong Gierveld score (2 or more)", group="lonely")
direct_loneliness_latest = latest("loneliness.direct", over=years(3), missing=None, means="answer to how often they feel lonely (1: often or always, 5: never) in the {window}", bare=True, group="lonely")
direct_lonely = score(pl.col("direct_loneliness_latest") <= 1, missing=0, means="often or always lonely by their own answer", group="lonely")
life_satisfaction_latest = latest("wellbeing.satisfaction", over=years(3), missing=None, means="satisfaction with life (0 to 10, ONS4) in the {window}", bare=True, group="wellbeing")
worthwhile_latest = latest("wellbeing.worthwhile", over=years(3), missing=None, means="how worthwhile life is to them (0 to 10, ONS4) in the {window}", bare=True, group="wellbeing")
happiness_latest = latest("wellbeing.happiness", over=years(3), missing=None, means="happiness yesterday (0 to 10, ONS4) in the {window}", bare=True, group="wellbeing")
anxiety_latest = latest("wellbeing.anxiety", over=years(3), missing=None, means="anxiety yesterday (0 to 10, ONS4) in the {window}", bare=True, group="wellbeing")
poor_wellbeing = score(
    pl.any_horizontal(pl.col("life_satisfaction_latest", "worthwhile_latest", "happiness_latest") <= 4, pl.col("anxiety_latest") >= 6),
    missing=0, means="low wellbeing by the ONS4 questions", group="wellbeing",
)
social_prescribing_offered_2y = count("social.prescribing_offered", over=years(2), missing=0, means="social prescribing offered in the {window}", says="social prescribing offered {times} in the {window}", group="social_prescribing")
social_prescribing_referred_2y = count("social.prescribing_referral", over=years(2), missing=0, means="referral(s) to social prescribing in the {window}", group="social_prescribing")
social_prescribing_accepted_2y = count("social.prescribing_accepted", over=years(2), missing=0, means="social prescribing accepted in the {window}", says="social prescribing accepted {times} in the {window}", group="social_prescribing", strength=True)
social_prescribing_declined_2y = count("social.prescribing_declined", over=years(2), missing=0, means="social prescribing declined in the {window}", says="social prescribing declined {times} in the {window}", group="social_prescribing")
known_lonely = score(pl.max_horizontal("recorded_lonely", "recorded_isolated", "ucla3_lonely", "de_jong_gierveld_lonely", "direct_lonely"), missing=0, means="lonely or isolated, by any entry", group="lonely")

# (b) likelihood, from its parts
loneliness_part_age = part("age", first_of(
    (pl.col("age").is_between(16, 24), math.log(2.7)),
    (pl.col("age").is_between(25, 34), AGED_25),
    (pl.col("age").is_between(35, 49), AGED_35),
    (pl.col("age").is_between(75, 79), -0.3542),
))
loneliness_part_health = part("health", first_of(
    (IS_OLDER & (CONDITIONS >= 4), 2.0344),
    (IS_OLDER & (CONDITIONS >= 2), 1.5819),
    (IS_OLDER & (CONDITIONS == 1), 0.9842),
    (~IS_OLDER & (CONDITIONS >= 2), math.log(1.9)),
))
loneliness_part_widowed = part("bereavement", first_of(
    (IS_BEREAVED & IS_OLDER, 1.0317),
    (IS_BEREAVED, math.log(3.6)),
))
loneliness_part_household = part("others at home", first_of((IS_OLDER, -1.0402 * OTHERS_AT_HOME)))
loneliness_part_limits = part("limits in daily life", first_of(
    (IS_OLDER & (LIMITS >= 2), 0.3759),
    (IS_OLDER & (LIMITS == 1), 0.3169),
    (LIMITS >= 1, LIMITED - pl.col("loneliness_part_health")),
))
loneliness_log_odds = score(
    pl.when(FROM_16).then(
        pl.when(IS_OLDER).then(OLDER_BASE).otherwise(BASE)
        + pl.col("loneliness_part_age")
        + pl.col("loneliness_part_health")
        + pl.col("loneliness_part_widowed")
        + pl.col("loneliness_part_household")
        + pl.col("loneliness_part_limits")
    ),
    missing=None, means="likelihood of being often lonely, as log odds", inferred=True, unit="log odds", group="loneliness_likelihood",
)
loneliness_likelihood = score(
    1 / (1 + (-pl.col("loneliness_log_odds")).exp()),
    missing=None, means="likelihood of being often lonely, from published studies", inferred=True, group="loneliness_likelihood",
)

# (c) the area
area_loneliness_percent = fact(pl.col("loneliness_percent"), missing=None, means="adults of the home's area who are often lonely, percent", inferred=True, area=True, unit="%", group="area_loneliness")

# (d) the prescribing index
loneliness_drugs_1y = score(
    takes("antidepressant")
    + takes("dementia")
    + takes("antihypertensive", "nitrate_or_calcium_blocker")
    + takes("hypnotic")
    + takes("opioid_dependence"),
    over=years(1), missing=0, inferred=True, group="loneliness_drugs",
    means="illnesses of the ONS loneliness prescribing index treated in the {window}", says="{means}: {n}",
)
