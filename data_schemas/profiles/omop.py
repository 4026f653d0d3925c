"""Infers what OMOP says only in combination: how a visit came about, and when an observation period ends.

Concepts of the OHDSI vocabularies. The common data model has no admission method. An inpatient visit that follows an
emergency-room visit counts as an emergency, any other as planned.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

EMERGENCY_ROOM = ("9203", "8870", "581381")
"""Emergency room visit, emergency room in a hospital, emergency room critical care."""
EMERGENCY_AND_INPATIENT = "262"
EMERGENCY, PLANNED, UNCLASSIFIED = "21", "11", "13"
"""HES admission methods: emergency through A&E; planned, because the source says where from; planned, for lack of any
sign.
"""
METHOD = "_admission_method"
LINKED_DAYS = 7
"""Many sources name any earlier visit as the preceding one, however long ago it was."""
VISITS = frozenset({"person_id", "visit_concept_id", "visit_start_date"})
"""Columns needed to infer anything."""
ENCOUNTERS_ONLY = ("44814724", "32880", "32881", "32882", "32883", "32827", "32828")
"""Types of observation period that cover only encounters. Their end does not mean that a person has left."""
_END = "observation_period_end_date"
_NOTHING = ("", "0")


def with_admission_methods(visits: pl.LazyFrame, there: Mapping[str, str]) -> pl.LazyFrame:
    """Visits with `_admission_method`. `there` maps lower-case column name → name in the file.

    An emergency is a visit of kind 262, one admitted from an emergency room, one preceded (by key) by such a visit, or
    one that begins on the day an emergency-room visit of the same person began or ended, or the day after.
    """
    kind = pl.col(there["visit_concept_id"])
    came_from = _first(there, "admitted_from_concept_id", "admitting_source_concept_id")
    emergencies = visits.filter(kind.is_in([*EMERGENCY_ROOM, EMERGENCY_AND_INPATIENT]))
    visited = _led_to(_preceded(visits, emergencies, there), visits.filter(kind.is_in(EMERGENCY_ROOM)), there)
    is_emergency = (
        (kind == EMERGENCY_AND_INPATIENT)
        | came_from.is_in([*EMERGENCY_ROOM, EMERGENCY_AND_INPATIENT])
        | pl.col("_preceded")
        | pl.col("_led_to")
    )
    method = pl.when(is_emergency.fill_null(value=False)).then(pl.lit(EMERGENCY))
    stated = method.when(~came_from.fill_null("").is_in(_NOTHING)).then(pl.lit(PLANNED)).otherwise(pl.lit(UNCLASSIFIED))
    return visited.with_columns(stated.alias(METHOD)).drop("_preceded", "_led_to", "_begins")


def _first(there: Mapping[str, str], *names: str) -> pl.Expr:
    """The first of the columns that the file has."""
    return next((pl.col(there[name]) for name in names if name in there), pl.lit(None, pl.String))


def _preceded(visits: pl.LazyFrame, emergencies: pl.LazyFrame, there: Mapping[str, str]) -> pl.LazyFrame:
    """Adds `_begins` (a day) and `_preceded`: whether the visit named as the preceding one was an emergency in the last
    week.
    """
    before, own = there.get("preceding_visit_occurrence_id"), there.get("visit_occurrence_id")
    dated = visits.with_columns(_begins=_day(pl.col(there["visit_start_date"])))
    if before is None or own is None:
        return dated.with_columns(_preceded=pl.lit(value=False))
    began, ended = (_day(_first(there, name, "visit_start_date")) for name in ("visit_start_date", "visit_end_date"))
    keys = emergencies.select(pl.col(own).alias(before), _began=began, _ended=ended).drop_nulls(before).unique(before)
    joined = dated.join(keys, on=before, how="left", maintain_order="left")
    week = pl.col("_ended").dt.offset_by(f"{LINKED_DAYS}d")
    preceded = (pl.col("_began") <= pl.col("_begins")) & (pl.col("_begins") <= week)
    return joined.with_columns(_preceded=preceded.fill_null(value=False)).drop("_began", "_ended")


def _led_to(visits: pl.LazyFrame, emergencies: pl.LazyFrame, there: Mapping[str, str]) -> pl.LazyFrame:
    """Adds `_led_to`: whether an emergency-room visit of the person began or ended on the day of the visit or the day
    before.
    """
    person = there["person_id"]
    days = [_day(pl.col(there[name])) for name in ("visit_start_date", "visit_end_date") if name in there]
    either = [emergencies.select(person, _begins=day) for day in days]
    after = [emergencies.select(person, _begins=day.dt.offset_by("1d")) for day in days]
    marked = pl.concat([*either, *after]).drop_nulls().unique().with_columns(_led_to=pl.lit(value=True))
    joined = visits.join(marked, on=[person, "_begins"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("_led_to").fill_null(value=False))


def _day(column: pl.Expr) -> pl.Expr:
    """The day of a date, typed or as text."""
    text = column.cast(pl.String)
    return pl.coalesce(
        text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False), text.str.to_date("%Y%m%d", strict=False)
    )


def without_ends_of_encounters(periods: pl.LazyFrame, there: Mapping[str, str]) -> pl.LazyFrame:
    """Observation periods without the ends of those that cover only encounters."""
    if "period_type_concept_id" not in there or _END not in there:
        return periods
    only = pl.col(there["period_type_concept_id"]).is_in(ENCOUNTERS_ONLY).fill_null(value=False)
    return periods.with_columns(pl.when(~only).then(there[_END]).alias(there[_END]))
