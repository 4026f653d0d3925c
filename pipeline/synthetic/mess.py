"""What goes wrong on the way from a real system to an extract, put in on purpose and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import Calendar
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
}
DATE = {
    "gp_events": "event_date",
    "prescriptions": "issue_date",
    "appointments": "appointment_date",
    "attendances": "arrival_date",
    "outpatients": "appointment_date",
}
TWICE = ("gp_events", "prescriptions", "attendances", "outpatients", "appointments")
HOSPITAL = ("admissions", "attendances", "outpatients")
READ_CODES = {"267076002": "1B1K.", "105529008": "13F3.", "871731000000106": "8T09."}
"""SNOMED CT codes that older systems still send as Read v2."""


@dataclass
class Counts:
    """What was put in: `{table: {kind: rows}}`."""

    rows: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, table: str, kind: str, count: int) -> None:
        if count:
            self.rows.setdefault(table, Counter())[kind] += count


def spoil(
    tables: dict[str, pl.DataFrame], mess: Mess, calendar: Calendar, strangers: pl.Series, rng: np.random.Generator
) -> tuple[dict[str, pl.DataFrame], Counts]:
    """Every table with its mess; `strangers` are pseudonyms of people on no list."""
    counts = Counts()
    out = {}
    for name, clean in tables.items():
        frame = _nulls(name, clean, mess.nulls, rng, counts)
        if name == "gp_events":
            frame = _late(frame, mess.late, calendar, rng, counts)
            frame = _other_codes(frame, mess.other_codes, rng, counts)
        if name in HOSPITAL:
            frame = _strangers(name, frame, mess.unregistered, strangers, rng, counts)
        frame = _impossible(name, frame, mess.impossible, rng, counts)
        if name in TWICE:
            frame = _twice(name, frame, mess.duplicates, rng, counts)
        out[name] = frame
    return out, counts


def _struck(frame: pl.DataFrame, rate: float, rng: np.random.Generator) -> pl.Series:
    return pl.Series(rng.random(len(frame)) < rate)


def _nulls(table: str, frame: pl.DataFrame, rate: float, rng: np.random.Generator, counts: Counts) -> pl.DataFrame:
    for column in OPTIONAL.get(table, ()):
        hit = _struck(frame, rate, rng) & frame[column].is_not_null()
        frame = frame.with_columns(pl.when(~hit).then(pl.col(column)).alias(column))
        counts.add(table, f"null:{column}", int(hit.sum()))
    return frame


def _late(frame: pl.DataFrame, rate: float, calendar: Calendar, rng: np.random.Generator, counts: Counts) -> pl.DataFrame:
    """Known only weeks later; what would become known after the extract was drawn is not in it."""
    hit = _struck(frame, rate, rng)
    delay = pl.Series((1 + rng.exponential(35, len(frame))).astype(np.int32))
    known = pl.col("event_date") + pl.duration(days=pl.when(hit).then(delay).otherwise(0))
    frame = frame.with_columns(recorded_date=known)
    unseen = (frame["recorded_date"].cast(pl.Int32) >= calendar.end)
    counts.add("gp_events", "not_yet_known", int(unseen.sum()))
    counts.add("gp_events", "late", int((hit & ~unseen).sum()))
    return frame.filter(~unseen)


def _other_codes(frame: pl.DataFrame, rate: float, rng: np.random.Generator, counts: Counts) -> pl.DataFrame:
    hit = _struck(frame, rate, rng) & frame["code"].is_in(list(READ_CODES))
    counts.add("gp_events", "other_code", int(hit.sum()))
    return frame.with_columns(pl.when(hit).then(pl.col("code").replace(READ_CODES)).otherwise("code").alias("code"))


def _strangers(table: str, frame: pl.DataFrame, rate: float, strangers: pl.Series, rng: np.random.Generator, counts: Counts) -> pl.DataFrame:
    hit = _struck(frame, rate, rng)
    extra = frame.filter(hit)
    who = strangers.gather(rng.integers(0, len(strangers), len(extra)))
    counts.add(table, "unregistered", len(extra))
    return pl.concat([frame, extra.with_columns(person_id=who)])


def _impossible(table: str, frame: pl.DataFrame, rate: float, rng: np.random.Generator, counts: Counts) -> pl.DataFrame:
    """A year typed wrong: 1900 in most tables; in admissions the discharge comes before the admission."""
    hit = _struck(frame, rate, rng)
    if table == "admissions":
        hit = hit & frame["discharge_date"].is_not_null()
        wrong = pl.col("admission_date") - pl.duration(days=3)
        frame = frame.with_columns(pl.when(hit).then(wrong).otherwise("discharge_date").alias("discharge_date"))
        counts.add(table, "discharge_before_admission", int(hit.sum()))
    elif table in DATE:
        column = DATE[table]
        wrong = pl.lit("1900-01-01").str.to_date()
        frame = frame.with_columns(pl.when(hit).then(wrong).otherwise(column).alias(column))
        counts.add(table, "impossible_date", int(hit.sum()))
    return frame


def _twice(table: str, frame: pl.DataFrame, rate: float, rng: np.random.Generator, counts: Counts) -> pl.DataFrame:
    again = frame.filter(_struck(frame, rate, rng))
    counts.add(table, "duplicate", len(again))
    return pl.concat([frame, again])


def silent_months(places: Places, mess: Mess, calendar: Calendar, seed: int) -> dict[str, tuple[int, int]]:
    """Practices whose system sent nothing for one month: `{practice: [first day, first day after)}`."""
    rng = np.random.default_rng([seed, 2])
    codes = places.practices["practice_code"].to_list()
    struck = rng.random(len(codes)) < mess.dropouts
    recorded = np.flatnonzero((calendar.first >= calendar.start) & (calendar.first < calendar.end))
    month = rng.choice(recorded, len(codes))
    return {
        code: (int(calendar.first[m]), int(calendar.first[m + 1])) for code, m, hit in zip(codes, month, struck, strict=True) if hit
    }
