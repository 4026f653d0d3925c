"""Generates the registrations, pseudonyms and opt-outs of one block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.synthetic.calendar import Calendar, Days, dates, dates_before
from pipeline.synthetic.lives import Lives
from pipeline.synthetic.people import ETHNIC_CODES, NEVER, People
from pipeline.synthetic.places import Places
from pipeline.synthetic.words import either, words

NOT_YET = np.iinfo(np.int32).max // 2


def pseudonyms(seed: int, block: int, count: int, kind: int) -> pl.Series:
    """Make `count` different pseudonyms of 16 hexadecimal digits: a bijective mix of (block, number) under the seed."""
    x = np.arange(count, dtype=np.uint64) + np.uint64(block) * np.uint64(1 << 24) + np.uint64(kind) * np.uint64(1 << 56)
    x ^= np.uint64((seed * 0x9E3779B97F4A7C15) % (1 << 64))
    with np.errstate(over="ignore"):
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 0xD6E8FEB86659FD93)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        x ^= x >> np.uint64(32)
    return pl.Series([f"{value:016x}" for value in x.tolist()], dtype=pl.String)


def registrations(
    people: People,
    lives: Lives,
    places: Places,
    calendar: Calendar,
    death_day: Days,
    homes: tuple[pl.Series, pl.Series],
    rng: np.random.Generator,
) -> pl.DataFrame:
    """One row per registration. A move within the borough ends one and starts the next."""
    practice, lsoa = places.practices["practice_code"], places.areas["lsoa_code"]
    born = _birth_days(people, calendar)
    came, left = _coming_and_going(people, lives, calendar, born, death_day, rng)
    moved = calendar.first[np.minimum(people.move, len(calendar.first) - 2)]
    moves = (people.move < NEVER) & (moved > came) & (moved < left) & (moved < calendar.end)
    old = (practice.gather(people.practice), lsoa.gather(people.area), homes[0].gather(people.household))
    new = (practice.gather(people.next_practice), lsoa.gather(people.next_area), homes[1].gather(people.household))
    everyone = np.arange(len(people))
    before = _spell(people, old, came, np.where(moves, moved, left), born, death_day, calendar, everyone)
    after = _spell(people, new, moved, left, born, death_day, calendar, np.flatnonzero(moves))
    begin, end = (pl.lit(day).cast(pl.Date) for day in (calendar.start, calendar.end))
    seen = (pl.col("registered_from") < end) & (pl.col("registered_to").is_null() | (pl.col("registered_to") > begin))
    return pl.concat([before, after]).filter(seen).sort("person", "registered_from")


def _coming_and_going(
    people: People, lives: Lives, calendar: Calendar, born: Days, death_day: Days, rng: np.random.Generator
) -> tuple[Days, Days]:
    """Each person's first day registered in the borough, and the first day after. People there from the start joined
    over many years.
    """
    first = calendar.first[np.maximum(people.join, 0)]
    earlier = (first - rng.gamma(1.3, 3000, len(people))).astype(np.int32)
    came = np.where(people.join > 0, calendar.within(np.maximum(people.join, 0), rng), earlier)
    came = np.maximum(came, born)
    leave_month = np.minimum(people.leave, len(calendar.first) - 2)
    left = np.where(people.leave < NEVER, calendar.first[leave_month] - 1, NOT_YET)
    dies = (lives.died < NEVER) & (lives.died < people.leave)
    left = np.where(dies, death_day + 1 + rng.integers(0, 12, len(people)), left)
    return came, np.maximum(left, came + 1)


def _birth_days(people: People, calendar: Calendar) -> Days:
    """First day of the month of birth."""
    origin = np.datetime64("1970-01-01") + int(calendar.first[0])
    months = origin.astype("datetime64[M]") + people.birth.astype(np.int64)
    return np.asarray(months.astype("datetime64[D]").astype(np.int64), dtype=np.int32)


def _spell(
    people: People,
    where: tuple[pl.Series, pl.Series, pl.Series],
    begin: Days,
    end: Days,
    born: Days,
    death_day: Days,
    calendar: Calendar,
    rows: npt.NDArray[np.intp],
) -> pl.DataFrame:
    practice, lsoa, home = (series.gather(rows) for series in where)
    return pl.DataFrame(
        {
            "person": rows.astype(np.int32),
            "practice_code": practice,
            "registered_from": dates(begin[rows]),
            "registered_to": dates_before(end[rows], calendar.end),
            "birth_month": dates(born[rows]),
            "sex": either(people.female[rows], "2", "1"),
            "ethnicity": words(ETHNIC_CODES, people.ethnicity[rows]),
            "lsoa_code": lsoa,
            "household_id": home,
            "death_date": dates_before(death_day[rows], calendar.end),
        }
    )
