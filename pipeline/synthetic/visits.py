"""Generates the emergency-care and outpatient extracts of one block."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import Calendar, Days, dates, working_day
from pipeline.synthetic.contacts import attendance_visits, outpatient_visits
from pipeline.synthetic.households import by_age
from pipeline.synthetic.lives import Lives
from pipeline.synthetic.people import People
from pipeline.synthetic.places import Places
from pipeline.synthetic.plausible import suited
from pipeline.synthetic.words import drawn, either, words

WARD, HOME = "306706006", "306689006"
"""ECDS discharge destinations (SNOMED CT)."""
TYPE_1 = 0.55
"""Share of type 1 departments among attendances after which people go home. With those admitted, about two thirds
(England 2019/20).
"""
OUTPATIENT_SPECIALTIES = ("110", "130", "120", "300", "320", "340", "301", "330", "410", "101", "361", "502", "800")


def attendances(
    people: People,
    lives: Lives,
    places: Places,
    calendar: Calendar,
    admitted: pl.DataFrame,
    death_day: Days,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Emergency care attendances: those that lead to most emergency admissions, and many after which people go home."""
    visits = attendance_visits(people, lives, places, rng)
    size, age = len(visits), visits.age(people)
    major = rng.random(size) < TYPE_1
    minor = 1 + (rng.random(size) < 0.9)
    acute, mild = drawn((0.004, 0.10, 0.42, 0.40, 0.076), size, rng), drawn((0.0, 0.01, 0.12, 0.52, 0.35), size, rng)
    by_ambulance = rng.random(size) < np.where(major, by_age(age, (0, 20, 60, 90), (0.1, 0.18, 0.4, 0.7)), 0.01)
    home = _rows(visits.person, calendar.within(visits.month, rng)).with_columns(
        department_type=words(("01", "02", "03"), np.where(major, 0, minor)),
        acuity=words("12345", np.where(major, acute, mild)),
        arrival_mode=either(by_ambulance, "1", "2"),
        discharge_destination=pl.lit(HOME),
    )
    home = _while_alive(home, "arrival_date", calendar, death_day)
    through = admitted.filter((pl.col("episode_order") == 1) & pl.col("admission_method").is_in(["21", "2A"]))
    size = len(through)
    ward = through.select("person", arrival_date="admission_date").with_columns(
        department_type=pl.lit("01"),
        acuity=words("1234", drawn((0.04, 0.30, 0.54, 0.12), size, rng)),
        arrival_mode=either(rng.random(size) < 0.62, "1", "2"),
        discharge_destination=pl.lit(WARD),
    )
    return pl.concat([home, ward]).sort("person", "arrival_date", maintain_order=True)


def outpatients(
    people: People, lives: Lives, calendar: Calendar, death_day: Days, rng: np.random.Generator
) -> pl.DataFrame:
    """Outpatient appointments: attended, missed and cancelled. People in hardship miss more."""
    visits = outpatient_visits(people, lives, rng)
    person, size = visits.person, len(visits)
    missed = np.clip(0.065 * np.exp(0.4 * people.hardship[person] - 0.2 * people.sociable[person]), 0, 0.4)
    u = rng.random(size)
    attended = np.select([u < missed, u < missed + 0.07, u < missed + 0.14, u < missed + 0.17], [1, 0, 2, 4], 3)
    day = working_day(calendar.within(visits.month, rng))
    specialty = words(OUTPATIENT_SPECIALTIES, rng.integers(0, len(OUTPATIENT_SPECIALTIES), size))
    frame = _rows(person, day, "appointment_date").with_columns(
        attended=words("23456", attended),
        specialty=suited(specialty, people.female[person], visits.age(people)),
        first_attendance=either(rng.random(size) < 0.3, "1", "2"),
    )
    return _while_alive(frame, "appointment_date", calendar, death_day).sort(
        "person", "appointment_date", maintain_order=True
    )


def _rows(person: np.ndarray[tuple[int], np.dtype[np.int32]], day: Days, column: str = "arrival_date") -> pl.DataFrame:
    return pl.DataFrame({"person": person, column: dates(day)})


def _while_alive(frame: pl.DataFrame, column: str, calendar: Calendar, death_day: Days) -> pl.DataFrame:
    """Keep the rows in the period of the extracts and not after death."""
    day = frame[column].to_physical().to_numpy()
    return frame.filter(pl.Series(calendar.recorded(day) & (day <= death_day[frame["person"].to_numpy()])))
