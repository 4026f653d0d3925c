"""Generates the general practice extracts of one block: appointments and prescriptions."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.synthetic.calendar import Calendar, Days, working_day
from pipeline.synthetic.conditions import Conditions
from pipeline.synthetic.contacts import practice_visits
from pipeline.synthetic.hazards import frailty_index
from pipeline.synthetic.households import Integers
from pipeline.synthetic.lives import Lives
from pipeline.synthetic.people import People
from pipeline.synthetic.plausible import suited
from pipeline.synthetic.words import words

STATUSES = ("attended", "dna", "cancelled")
MODES = ("face_to_face", "telephone", "video", "home_visit")
HOUSEBOUND = 0.45
"""The frailty index from which some appointments are home visits."""
GIVEN_AT_VISITS = {
    "0501": 5,
    "0407": 4,
    "0103": 3,
    "1001": 2,
    "0304": 2,
    "1303": 2,
    "0106": 1,
    "0309": 1,
    "1202": 1,
    "0702": 1,
    "0401": 1,
}
"""BNF sections of short-term prescriptions, and how common each one is."""
REPEATS_KEPT = 0.8
"""Share of people with a condition who take each kind of its medicines."""


@dataclass(frozen=True)
class Stay:
    """The months for which each person is registered, as [start, stop), within the simulated years."""

    start: Integers
    stop: Integers


def stays(people: People, lives: Lives) -> Stay:
    """The months for which each person is registered."""
    return Stay(np.maximum(people.join, 0), np.minimum(lives.exit(people), lives.months))


def over_time(
    start: Integers, stop: Integers, rate: npt.NDArray[np.floating], rng: np.random.Generator
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Draw fairly regular events at `rate` a year in the months [start, stop): (row, month with fraction)."""
    count = np.floor(np.maximum(stop - start, 0) / 12 * rate + rng.random(len(start))).astype(np.int64)
    count[stop <= start] = 0
    row = np.repeat(np.arange(len(count)), count)
    order = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, start[row] + (order + rng.random(len(row))) * (stop - start)[row] / count[row]


def recorded_alive(frame: pl.DataFrame, calendar: Calendar, death_day: Days) -> pl.DataFrame:
    """Keep the rows (`person`, `day`) in the period of the extracts and not after death."""
    day = frame["day"].to_numpy()
    return frame.filter(pl.Series(calendar.recorded(day) & (day <= death_day[frame["person"].to_numpy()])))


def appointments(
    people: People, lives: Lives, calendar: Calendar, death_day: Days, rng: np.random.Generator
) -> pl.DataFrame:
    """Booked appointments: `person`, `day`, status and mode. People in hardship and young people miss more of them."""
    visits = practice_visits(people, lives, rng)
    person, age, size = visits.person, visits.age(people), len(visits)
    day = working_day(calendar.within(visits.month, rng))
    missed = 0.05 * np.exp(0.5 * people.hardship[person] - 0.35 * people.sociable[person] - 0.012 * (age - 40))
    u, v = rng.random(size), rng.random(size)
    status = np.select([u < np.minimum(missed, 0.5), u < np.minimum(missed, 0.5) + 0.05], [1, 2], 0)
    frail = frailty_index(age, lives.ill[visits.month, person], people.frailty[person]) > HOUSEBOUND
    mode = np.select([frail & (v < 0.35), v < 0.66, v < 0.97], [3, 0, 1], 2)
    frame = pl.DataFrame({"person": person, "day": day, "status": words(STATUSES, status), "mode": words(MODES, mode)})
    return recorded_alive(frame, calendar, death_day).sort("person", "day", maintain_order=True)


def prescriptions(
    people: People,
    lives: Lives,
    conditions: Conditions,
    calendar: Calendar,
    visits: pl.DataFrame,
    death_day: Days,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Repeat prescriptions for conditions, collected more or less regularly, and prescriptions at visits."""
    stay = stays(people, lives)
    faithful = np.clip(0.92 + 0.05 * people.sociable - 0.06 * people.hardship, 0.4, 1.0)
    parts = [_at_visits(people, calendar, visits, rng)]
    for number, (sections, items) in enumerate(conditions.table.select("sections", "items").iter_rows()):
        kinds = (sections or "").split()
        for section in kinds:
            takes = np.flatnonzero((lives.onset[:, number] < stay.stop) & (rng.random(len(people)) < REPEATS_KEPT))
            start = np.maximum(lives.onset[takes, number].astype(np.int32), stay.start[takes])
            row, at = over_time(start, stay.stop[takes], items / len(kinds) * faithful[takes], rng)
            parts.append(_items(takes[row], calendar.day_at(at), section, rng))
    frame = pl.concat(parts)
    return recorded_alive(frame, calendar, death_day).sort("person", "day", "bnf_code", "quantity")


def _items(person: npt.NDArray[np.intp], day: Days, section: str, rng: np.random.Generator) -> pl.DataFrame:
    quantity = np.where(rng.random(len(person)) < 0.4, 56.0, 28.0)
    code = words((section,), np.zeros(len(person), dtype=np.int64))
    return pl.DataFrame({"person": person.astype(np.int32), "day": day, "bnf_code": code, "quantity": quantity})


def _at_visits(people: People, calendar: Calendar, visits: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    seen = visits.filter(pl.col("status") == "attended")
    given = seen.filter(pl.Series(rng.random(len(seen)) < 0.5))
    total = sum(GIVEN_AT_VISITS.values())
    section = np.searchsorted(np.cumsum(list(GIVEN_AT_VISITS.values())) / total, rng.random(len(given)))
    quantity = rng.integers(1, 5, len(given)) * 7.0
    person = given["person"].to_numpy()
    age = (calendar.month_of(given["day"].to_numpy()) - people.birth[person]) / 12
    return given.select("person", "day").with_columns(
        bnf_code=suited(words(list(GIVEN_AT_VISITS), section), people.female[person], age),
        quantity=pl.Series(quantity, dtype=pl.Float64),
    )
