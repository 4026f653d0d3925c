"""Generates the hospital admissions of one block of people, as consultant episodes."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.synthetic.calendar import Calendar, Days
from pipeline.synthetic.conditions import Conditions
from pipeline.synthetic.contacts import Visits, elective_visits, maternity_visits, spread
from pipeline.synthetic.hazards import acute_rate
from pipeline.synthetic.households import Flags, Numbers, by_age
from pipeline.synthetic.lives import Lives
from pipeline.synthetic.people import NEVER, People
from pipeline.synthetic.plausible import suited
from pipeline.synthetic.words import drawn, either, words

PROVIDERS = {"RZ1": 0.78, "RZ2": 0.14, "RZ3": 0.08}
"""Codes of invented hospitals, and the share of admissions that each one has."""
METHODS = {"21": 0.72, "22": 0.10, "28": 0.05, "23": 0.03, "24": 0.03, "2A": 0.04, "25": 0.01, "2D": 0.02}
"""Emergency admission methods, and the share of admissions that use each one."""
PLANNED_METHODS = {"11": 0.5, "12": 0.3, "13": 0.2}
EMERGENCY_SPECIALTIES = ("300", "326", "100", "110", "430", "340", "320", "420")
PLANNED_SPECIALTIES = ("100", "110", "101", "120", "130", "301", "320", "502")
ACUTE = {
    "R074": 5, "R104": 5, "J181": 5, "N390": 4, "R55X": 3, "A419": 3, "L031": 2, "K529": 2, "R509": 2, "T391": 1, "K359": 1, "N201": 2,
    "J069": 2, "R51X": 2, "M549": 2, "J22X": 3, "E86X": 1, "K802": 2, "I269": 1, "S060": 1, "R568": 1, "K922": 1,
}  # fmt: skip
"""Causes (ICD-10) that none of the modelled conditions leads to, with their relative frequencies."""
FRAIL = {"S720": 4, "R296": 4, "S525": 1, "R410": 2, "N179": 2, "L89X": 1, "R54X": 1, "J690": 1}
"""Causes that become common with age, with their relative frequencies: falls, fractures, confusion, acute kidney
injury.
"""
PLANNED = ("K409", "H251", "M171", "Z090", "D509", "K635", "Z512", "M161", "N40X", "K802")
BIRTH = ("O800", "O366", "O429", "O821")
SECONDARY = 7
LONG_STAY = 4
UNSEEN_DAY = np.iinfo(np.int32).max // 2


def death_days(lives: Lives, calendar: Calendar, rng: np.random.Generator) -> Days:
    """Each person's day of death. People who do not die have a day far in the future."""
    day = np.full(len(lives.died), UNSEEN_DAY, dtype=np.int32)
    dead = np.flatnonzero(lives.died < NEVER)
    day[dead] = calendar.within(lives.died[dead], rng)
    return day


def _causes(
    people: People, lives: Lives, conditions: Conditions, visits: Visits, age: Numbers, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The cause of each admission: a condition, drawn in proportion to its hazard, or -1 for none of them."""
    parts = (lives.onset[visits.person] <= visits.month[:, None]) * conditions.admissions
    total = acute_rate(age, people.female[visits.person]) + parts.sum(axis=1)
    point = rng.random(len(visits)) * total
    hit = (np.cumsum(parts, axis=1) < point[:, None]).sum(axis=1)
    return np.where(hit < len(conditions), hit, -1)


def _shares(weights: dict[str, int]) -> list[float]:
    total = sum(weights.values())
    return [weight / total for weight in weights.values()]


def _primary(cause: npt.NDArray[np.int64], age: Numbers, conditions: Conditions, rng: np.random.Generator) -> pl.Series:
    vocabulary = [*ACUTE, *FRAIL]
    frail = rng.random(len(cause)) < by_age(age, (55, 75, 90), (0.0, 0.25, 0.5))
    index = np.where(frail, len(ACUTE) + drawn(_shares(FRAIL), len(cause), rng), drawn(_shares(ACUTE), len(cause), rng))
    for number, codes in enumerate(conditions.icd10):
        rows = np.flatnonzero(cause == number)
        index[rows] = len(vocabulary) + rng.integers(0, len(codes), len(rows))
        vocabulary += codes
    return words(vocabulary, index)


def _secondary(
    people: People, lives: Lives, conditions: Conditions, visits: Visits, rng: np.random.Generator
) -> dict[str, pl.Series]:
    """Secondary diagnoses: the person's conditions, each recorded with a chance of four in five."""
    has = (lives.onset[visits.person] <= visits.month[:, None]) & (rng.random((len(visits), len(conditions))) < 0.8)
    first = [codes[0] for codes in conditions.icd10]
    rank, female, age = np.cumsum(has, axis=1), people.female[visits.person], visits.age(people)
    out = {}
    for position in range(1, SECONDARY + 1):
        match = has & (rank == position)
        written = words(first, np.where(match.any(axis=1), match.argmax(axis=1), -1))
        out[f"diag_{position + 1:02d}"] = suited(written, female, age)
    return out


def _stays(visits: Visits, age: Numbers, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Days in hospital. A third of emergency stays end on the day they began; fewer do among older people."""
    same_day = rng.random(len(visits)) < by_age(age, (0, 20, 60, 90), (0.5, 0.45, 0.33, 0.18))
    length = np.ceil(rng.gamma(0.75, by_age(age, (0, 30, 60, 90), (3.0, 4.5, 8.0, 14.0))))
    return np.where(same_day, 0, length).astype(np.int32)


def emergency(
    people: People, lives: Lives, conditions: Conditions, calendar: Calendar, death_day: Days, rng: np.random.Generator
) -> pl.DataFrame:
    """One row per emergency stay. People who die in hospital leave on the day of death."""
    visits = spread(lives.unplanned)
    person, age = visits.person, visits.age(people)
    day, length = calendar.within(visits.month, rng), _stays(visits, age, rng)
    dying = visits.month == lives.died[person]
    day = np.where(dying, np.minimum(day, death_day[person]), day)
    last = np.append(
        (person[1:] != person[:-1]) | (visits.month[1:] != visits.month[:-1]), [True] * min(1, len(person))
    )
    length = np.where(dying & lives.fatal[person] & last, death_day[person] - day, length)
    length = np.minimum(length, np.maximum(death_day[person] - day, 0))
    died = day + length == death_day[person]
    cause = _causes(people, lives, conditions, visits, age, rng)
    return pl.DataFrame(
        {
            "person": person,
            "admission": day,
            "discharge": day + length,
            "admission_method": words(list(METHODS), drawn(list(METHODS.values()), len(day), rng)),
            "discharge_method": either(died, "4", "1"),
            "discharge_destination": words(("19", "54", "79"), np.where(died, 2, people.care_home[person])),
            "specialty": suited(_any_of(EMERGENCY_SPECIALTIES, len(day), rng), people.female[person], age),
            "diag_01": suited(_primary(cause, age, conditions, rng), people.female[person], age),
            **_secondary(people, lives, conditions, visits, rng),
        }
    )


def _any_of(vocabulary: tuple[str, ...], size: int, rng: np.random.Generator) -> pl.Series:
    return words(vocabulary, rng.integers(0, len(vocabulary), size))


def _planned(
    people: People,
    visits: Visits,
    methods: dict[str, float],
    codes: tuple[str, ...],
    calendar: Calendar,
    rng: np.random.Generator,
) -> pl.DataFrame:
    size, female, age = len(visits), people.female[visits.person], visits.age(people)
    day = calendar.within(visits.month, rng)
    length = np.where(rng.random(size) < 0.78, 0, rng.integers(1, 5, size))
    zero = np.zeros(size, dtype=np.int64)
    return pl.DataFrame(
        {
            "person": visits.person,
            "admission": day,
            "discharge": (day + length).astype(np.int32),
            "admission_method": words(list(methods), drawn(list(methods.values()), size, rng)),
            "discharge_method": words(("1",), zero),
            "discharge_destination": words(("19",), zero),
            "specialty": suited(_any_of(PLANNED_SPECIALTIES, size, rng), female, age),
            "diag_01": suited(_any_of(codes, size, rng), female, age),
        }
    )


def admissions(
    people: People, lives: Lives, conditions: Conditions, calendar: Calendar, death_day: Days, rng: np.random.Generator
) -> pl.DataFrame:
    """Every episode in the extract. `person` is an index."""
    spells = pl.concat(
        [
            emergency(people, lives, conditions, calendar, death_day, rng),
            _planned(people, elective_visits(people, lives, rng), PLANNED_METHODS, PLANNED, calendar, rng),
            _planned(people, maternity_visits(people, lives, rng), {"31": 0.95, "32": 0.05}, BIRTH, calendar, rng),
        ],
        how="diagonal",
    )
    alive = spells["admission"].to_numpy() <= death_day[spells["person"].to_numpy()]
    spells = spells.with_columns(
        provider_code=words(list(PROVIDERS), drawn(list(PROVIDERS.values()), len(spells), rng))
    )
    spells = spells.filter(pl.Series(alive), pl.col("admission").is_between(calendar.start, calendar.end - 1))
    return _episodes(spells.sort("person", "admission", "discharge", "diag_01"), calendar, rng)


def _episodes(spells: pl.DataFrame, calendar: Calendar, rng: np.random.Generator) -> pl.DataFrame:
    """Split some long stays into two consultant episodes. A stay that continues after the as-of date is still open."""
    stay = (spells["discharge"] - spells["admission"]).to_numpy()
    split: Flags = (stay >= LONG_STAY) & (rng.random(len(spells)) < 0.35)
    change = spells["admission"].to_numpy() + np.maximum(1, (stay * rng.random(len(spells))).astype(np.int32))
    spells = spells.with_columns(split=pl.Series(split), change=pl.Series(change, dtype=pl.Int32))
    first = spells.with_columns(
        episode_order=pl.lit(1, pl.Int64),
        episode_start="admission",
        episode_end=pl.when("split").then("change").otherwise("discharge"),
        unfinished=pl.col("split"),
    )
    second = spells.filter("split").with_columns(
        episode_order=pl.lit(2, pl.Int64),
        episode_start="change",
        episode_end="discharge",
        unfinished=pl.lit(value=False),
    )
    both = pl.concat([first, second]).filter(pl.col("episode_start") < calendar.end)
    both = both.with_columns(still_in=pl.col("discharge") >= calendar.end)
    unfinished = pl.col("unfinished") | pl.col("still_in")
    return both.sort("person", "admission", "episode_order", maintain_order=True).select(
        "person",
        admission_date=pl.col("admission").cast(pl.Date),
        discharge_date=pl.when(~pl.col("still_in")).then("discharge").cast(pl.Date),
        admission_method="admission_method",
        discharge_method=pl.when(unfinished).then(pl.lit("8")).otherwise("discharge_method"),
        discharge_destination=pl.when(unfinished).then(pl.lit("98")).otherwise("discharge_destination"),
        provider_code="provider_code",
        episode_order="episode_order",
        episode_start=pl.col("episode_start").cast(pl.Date),
        episode_end=pl.when(pl.col("episode_end") < calendar.end).then("episode_end").cast(pl.Date),
        specialty="specialty",
        **{f"diag_{position:02d}": pl.col(f"diag_{position:02d}") for position in range(1, SECONDARY + 2)},
    )
