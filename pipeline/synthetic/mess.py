"""Adds the errors that happen between a real system and an extract, and counts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import Calendar
from pipeline.synthetic.codes import codes
from pipeline.synthetic.options import Mess
from pipeline.synthetic.places import Places

OPTIONAL = {
    "registrations": ("ethnicity", "lsoa_code", "household_id"),
    "gp_events": ("unit",),
    "prescriptions": ("bnf_code", "quantity"),
    "appointments": ("mode",),
    "admissions": ("specialty", "discharge_destination"),
    "attendances": ("acuity", "arrival_mode"),
    "outpatients": ("specialty",),
    "council_records": (),
}
DATE = {
    "gp_events": "event_date",
    "prescriptions": "issue_date",
    "appointments": "appointment_date",
    "attendances": "arrival_date",
    "outpatients": "appointment_date",
    "council_records": "recorded_date",
}
PRACTICE_TABLES = ("gp_events", "prescriptions", "appointments")
HOSPITAL_TABLES = ("admissions", "attendances", "outpatients")
OTHER_CODES = {"social.lonely": "1B1K.", "social.lives_alone": "13F3.", "social.prescribing_referral": "EMISNQRE582"}
"""Codes that older systems send instead of a concept's first SNOMED CT code: Read v2, or a system's own code."""
MEAN_DELAY_DAYS = 35
WRONG_CENTURY = pl.lit("1900-01-01").str.to_date()


@dataclass(frozen=True)
class Setting:
    """The facts needed to add errors to one block."""

    mess: Mess
    calendar: Calendar
    strangers: pl.Series
    """Pseudonyms of people who are not registered in the borough."""
    opted_out: pl.Series
    silent: pl.DataFrame
    """person_id, first, end: the days for which the person's practice sent nothing."""


@dataclass
class Count:
    """The counts of a table as the rules of ingest will give them. Rows of people who opted out do not count."""

    rejects: dict[str, int] = field(default_factory=dict)
    unregistered: int = 0
    identical: int = 0
    nulls: dict[str, int] = field(default_factory=dict)
    put_in: dict[str, int] = field(default_factory=dict)
    """Rows with errors that no rule of ingest can find. Rows of everyone count."""


Step = Callable[[str, pl.DataFrame, Setting, np.random.Generator, Count], pl.DataFrame]


def spoil(name: str, clean: pl.DataFrame, setting: Setting, rng: np.random.Generator) -> tuple[pl.DataFrame, Count]:
    """Add errors to one table; returns the table and the counts."""
    count = Count()
    frame = clean
    for step in STEPS:
        frame = step(name, frame, setting, rng, count)
    _count(name, frame.filter(~pl.col("person_id").is_in(setting.opted_out.implode())), setting, count)
    return frame, count


def _struck(frame: pl.DataFrame, rate: float, rng: np.random.Generator) -> pl.Series:
    return pl.Series(rng.random(len(frame)) < rate, dtype=pl.Boolean)


def _silence(name: str, frame: pl.DataFrame, setting: Setting, _: np.random.Generator, count: Count) -> pl.DataFrame:
    """Remove the rows of practices that sent nothing for a month."""
    if name not in PRACTICE_TABLES:
        return frame
    day = pl.col(DATE[name]).cast(pl.Int32)
    joined = frame.join(setting.silent, on="person_id", how="left", maintain_order="left")
    lost = joined.select((day.is_between("first", "end", closed="left")).fill_null(value=False)).to_series()
    count.put_in["practice_silent"] = int(lost.sum())
    return frame.filter(~lost)


def _nulls(name: str, frame: pl.DataFrame, setting: Setting, rng: np.random.Generator, _: Count) -> pl.DataFrame:
    """Empty some optional values."""
    hit = {column: _struck(frame, setting.mess.nulls, rng) for column in OPTIONAL[name]}
    return frame.with_columns(pl.when(~struck).then(pl.col(column)).alias(column) for column, struck in hit.items())


def _late(name: str, frame: pl.DataFrame, setting: Setting, rng: np.random.Generator, count: Count) -> pl.DataFrame:
    """Make some rows known weeks later. Rows that would become known after the extract date are removed."""
    if name != "gp_events":
        return frame
    hit = _struck(frame, setting.mess.late, rng)
    delay = pl.Series((1 + rng.exponential(MEAN_DELAY_DAYS, len(frame))).astype(np.int32))
    frame = frame.with_columns(
        recorded_date=pl.col("event_date") + pl.duration(days=pl.when(hit).then(delay).otherwise(0))
    )
    known = frame["recorded_date"].to_physical() < setting.calendar.end
    count.put_in["recorded_late"] = int((hit & known).sum())
    return frame.filter(known)


def _other_codes(
    name: str, frame: pl.DataFrame, setting: Setting, rng: np.random.Generator, count: Count
) -> pl.DataFrame:
    """Replace some SNOMED CT codes with those of other systems, and write some diagnoses with the dot."""
    if name not in ("gp_events", "admissions"):
        return frame
    column = "code" if name == "gp_events" else "diag_01"
    swap = {codes(concept)[0]: other for concept, other in OTHER_CODES.items()}
    other = (
        pl.col(column).replace(swap)
        if name == "gp_events"
        else pl.col(column).str.replace(r"^(\w{3})(\w)", "${1}.${2}")
    )
    hit = _struck(frame, setting.mess.other_codes, rng)
    spoiled = frame.with_columns(pl.when(hit).then(other).otherwise(column).alias(column))
    count.put_in["other_code"] = int((spoiled[column] != frame[column]).sum())
    return spoiled


def _strangers(name: str, frame: pl.DataFrame, setting: Setting, rng: np.random.Generator, _: Count) -> pl.DataFrame:
    """Add hospital rows of people who are not registered in the borough."""
    if name not in HOSPITAL_TABLES:
        return frame
    extra = frame.filter(_struck(frame, setting.mess.unregistered, rng))
    who = setting.strangers.gather(rng.integers(0, len(setting.strangers), len(extra)))
    return pl.concat([frame, extra.with_columns(person_id=who)])


def _impossible(name: str, frame: pl.DataFrame, setting: Setting, rng: np.random.Generator, _: Count) -> pl.DataFrame:
    """Add impossible dates: a mistyped year or, in admissions, a discharge before the admission."""
    hit = _struck(frame, setting.mess.impossible, rng)
    if name == "admissions":
        hit = hit & frame["discharge_date"].is_not_null()
        early = pl.col("admission_date") - pl.duration(days=3)
        return frame.with_columns(pl.when(hit).then(early).otherwise("discharge_date").alias("discharge_date"))
    if name in DATE:
        return frame.with_columns(pl.when(hit).then(WRONG_CENTURY).otherwise(DATE[name]).alias(DATE[name]))
    return frame


def _twice(name: str, frame: pl.DataFrame, setting: Setting, rng: np.random.Generator, _: Count) -> pl.DataFrame:
    """Repeat some rows."""
    if name not in DATE:
        return frame
    return pl.concat([frame, frame.filter(_struck(frame, setting.mess.duplicates, rng))])


STEPS: tuple[Step, ...] = (_silence, _nulls, _late, _other_codes, _strangers, _impossible, _twice)


def _count(name: str, frame: pl.DataFrame, setting: Setting, count: Count) -> None:
    """Count the errors of the finished table, each row under the first rule that it breaks."""
    if name == "admissions":
        rule, bad = "discharge_before_admission", pl.col("discharge_date") < pl.col("admission_date")
    elif name in DATE:
        rule, bad = f"{DATE[name]}.outside_covers", pl.col(DATE[name]).cast(pl.Int32) < setting.calendar.start
    else:
        rule, bad = "", pl.lit(value=False)
    wrong = (
        frame.select(bad.fill_null(value=False)).to_series()
        if rule
        else pl.Series([False] * len(frame), dtype=pl.Boolean)
    )
    if wrong.any():
        count.rejects[rule] = int(wrong.sum())
    good = frame.filter(~wrong)
    stranger = good["person_id"].is_in(setting.strangers.implode())
    kept = good.filter(~stranger)
    count.unregistered = int(stranger.sum())
    count.identical = len(kept) - kept.n_unique()
    count.nulls = {column: kept[column].null_count() for column in OPTIONAL[name]}


def silent_months(places: Places, mess: Mess, calendar: Calendar, seed: int) -> pl.DataFrame:
    """Choose practices whose system sent nothing for one month: `practice` (a number), `practice_code`, `first` and
    `end` as days.
    """
    rng = np.random.default_rng([seed, 2])
    size = len(places.practices)
    struck = rng.random(size) < mess.dropouts
    recorded = np.flatnonzero((calendar.first >= calendar.start) & (calendar.first < calendar.end))
    month = rng.choice(recorded, size)
    practices = places.practices.select(practice=pl.int_range(pl.len(), dtype=pl.Int32), practice_code="practice_code")
    days = {"first": calendar.first[month], "end": calendar.first[month + 1]}
    return practices.with_columns(**{name: pl.Series(values, dtype=pl.Int32) for name, values in days.items()}).filter(
        pl.Series(struck)
    )
