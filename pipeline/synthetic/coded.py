"""Generates the coded events in the GP records of one block: diagnoses, measurements, habits, problems, strengths."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.synthetic.calendar import Calendar, Days
from pipeline.synthetic.codes import codes
from pipeline.synthetic.conditions import Conditions
from pipeline.synthetic.hazards import frailty_index, smokes
from pipeline.synthetic.lives import Lives
from pipeline.synthetic.people import NEVER, People
from pipeline.synthetic.plausible import old_enough, suited
from pipeline.synthetic.practice import Stay, over_time, recorded_alive, stays
from pipeline.synthetic.reasons import chances
from pipeline.synthetic.words import words

CODED_AGAIN = 0.9
"""How many times a year a known condition is coded again, at a review or when it is discussed."""


def _pick(concept: str, size: int, rng: np.random.Generator) -> pl.Series:
    listed = codes(concept)
    return words(listed, (rng.random(size) ** 1.6 * len(listed)).astype(np.int64))


def _events(
    person: npt.NDArray[np.integer],
    day: Days,
    code: pl.Series,
    value: npt.NDArray[np.floating] | None = None,
    unit: str | None = None,
) -> pl.DataFrame:
    number = pl.Series(np.round(value, 1), dtype=pl.Float64) if value is not None else pl.lit(None, pl.Float64)
    frame = pl.DataFrame({"person": person.astype(np.int32), "day": day.astype(np.int32), "code": code})
    return frame.with_columns(value=number, unit=pl.lit(unit, pl.String))


def _diagnoses(
    people: People, lives: Lives, conditions: Conditions, calendar: Calendar, stay: Stay, rng: np.random.Generator
) -> pl.DataFrame:
    """Diagnoses: a condition is coded when it is found or the person joins the practice, and sometimes again later."""
    person, which = np.nonzero(lives.onset < stay.stop[:, None])
    start = np.maximum(lives.onset[person, which].astype(np.int32), stay.start[person])
    stop = stay.stop[person]
    row, at = over_time(start, stop, np.full(len(person), CODED_AGAIN), rng)
    present = np.flatnonzero(stop > start)
    row = np.concatenate([present, row])
    at = np.concatenate([start[present] + rng.random(len(present)), at])
    sizes = np.array([len(listed) for listed in conditions.codes])
    # a person's problem keeps its code; the first of a list is the commonest
    own = (np.cumsum(sizes) - sizes)[which] + (rng.random(len(person)) ** 2 * sizes[which]).astype(np.int64)
    vocabulary = [code for listed in conditions.codes for code in listed]
    began = (lives.onset[person, which] - people.birth[person]) / 12
    problem = suited(words(vocabulary, own), people.female[person], began)
    return _events(person[row], calendar.day_at(at), problem.gather(row))


MEASURES: dict[str, tuple[float, float, float, float, str]] = {
    "measure.systolic": (133.0, 14.0, 0.40, 1.5, "mmHg"),
    "measure.diastolic": (78.0, 9.0, 0.40, 1.5, "mmHg"),
    "measure.bmi": (27.5, 4.6, 0.20, 0.8, "kg/m2"),
    "measure.cholesterol": (4.9, 1.0, 0.12, 0.6, "mmol/L"),
    "measure.hba1c": (39.0, 4.0, 0.12, 0.7, "mmol/mol"),
    "measure.egfr": (84.0, 11.0, 0.18, 0.9, "mL/min/1.73m2"),
    "measure.haemoglobin": (136.0, 11.0, 0.18, 0.7, "g/L"),
}
"""Mean and spread in healthy people, times measured a year when well and with a condition, and unit."""


def _shift(
    concept: str, people: People, lives: Lives, conditions: Conditions, age: npt.NDArray[np.float64]
) -> npt.NDArray[np.floating]:
    """How far a person's usual level is from the mean of healthy people."""
    has = {name: lives.onset[:, number] < NEVER for number, name in enumerate(conditions.registers)}
    old = np.maximum(age - 60, 0)
    shifts: dict[str, npt.NDArray[np.floating]] = {
        "measure.systolic": 0.18 * (age - 50) + 6 * has["HYP"],
        "measure.diastolic": 3.0 * has["HYP"] - 0.1 * old,
        "measure.bmi": 7.0 * has["OB"] - 1.2 * people.frailty * (age > 75),
        "measure.hba1c": 20.0 * has["DM"] + 1.5 * people.hardship,
        "measure.egfr": -0.55 * np.maximum(age - 40, 0) - 20 * has["CKD"],
        "measure.haemoglobin": 10.0 * ~people.female - 18 * has["ANA"] - 0.2 * old - 1.5 * people.frailty,
        "measure.cholesterol": -0.7 * (has["CHD"] | has["STIA"]),
    }
    return shifts[concept]


def _measurements(
    people: People, lives: Lives, conditions: Conditions, calendar: Calendar, stay: Stay, rng: np.random.Generator
) -> list[pl.DataFrame]:
    """Blood pressure, weight and blood tests. People with conditions have more of them, with less normal results."""
    age = people.age(lives.months)
    ill = (lives.onset < lives.months).any(axis=1)
    parts = []
    for concept, (mean, spread, well, unwell, unit) in MEASURES.items():
        often = np.where(age < 18, 0.03, np.where(ill, unwell, well)) * np.interp(age, [18, 40, 70], [0.5, 1.0, 1.25])
        row, at = over_time(stay.start, stay.stop, often, rng)
        own = mean + _shift(concept, people, lives, conditions, age) + 0.8 * spread * rng.normal(size=len(people))
        value = np.clip(own[row] + 0.5 * spread * rng.normal(size=len(row)), mean * 0.3, mean * 2.6)
        parts.append(_events(row, calendar.day_at(at), _pick(concept, len(row), rng), value, unit))
    return parts


def _habits(
    people: People, lives: Lives, calendar: Calendar, stay: Stay, rng: np.random.Generator
) -> list[pl.DataFrame]:
    """Smoking and drinking, as practices record them."""
    age = people.age(lives.months)
    row, at = over_time(stay.start, stay.stop, np.where(age >= 15, 0.5, 0.0), rng)
    kinds = [codes(f"lifestyle.{kind}")[0] for kind in ("never_smoked", "ex_smoker", "smoker")]
    status = np.where(smokes(people, age), 2, people.former_smoker.astype(np.int64))
    parts = [_events(row, calendar.day_at(at), words(kinds, status[row]))]
    units = rng.gamma(1.1, 8.0, len(people)) * np.exp(0.25 * people.private)
    adult = age >= 18
    for concept, who, often in (
        ("measure.alcohol_units", adult, 0.2),
        ("lifestyle.heavy_drinker", adult & (units > 35), 0.4),
        ("strength.drinks_sensibly", adult & (units < 14), 0.12),
    ):
        row, at = over_time(stay.start, stay.stop, np.where(who, often, 0.0), rng)
        value = units[row] if concept == "measure.alcohol_units" else None
        parts.append(_events(row, calendar.day_at(at), _pick(concept, len(row), rng), value))
    return parts


def _prevention(
    people: People, lives: Lives, calendar: Calendar, stay: Stay, rng: np.random.Generator
) -> list[pl.DataFrame]:
    """Vaccination, screening and reviews. Sociable people and people with less hardship are more likely to
    accept them.
    """
    age = people.age(lives.months)
    ill = lives.ill[-1]
    takes_up = np.exp(0.18 * people.sociable - 0.18 * people.hardship).clip(0.3, 1.3)
    old, at_risk = age >= 65, ill > 0
    yearly = {
        "strength.flu_vaccination": np.where(old, 0.74, np.where(at_risk, 0.38, 0.06)),
        "strength.covid_vaccination": np.where(old, 0.55, np.where(at_risk, 0.25, 0.10)) * (age > 12),
        "strength.pneumococcal_vaccination": 0.06 * old,
        "strength.shingles_vaccination": 0.08 * (old & (age < 80)),
        "strength.bowel_screening": 0.30 * ((age >= 60) & (age < 75)),
        "strength.breast_screening": 0.20 * (people.female & (age >= 50) & (age < 71)),
        "strength.health_check": 0.09 * ((age >= 40) & (age < 75) & ~at_risk),
        "strength.medication_review": 0.45 * at_risk + 0.25 * (ill > 2),
        "strength.active_lifestyle_referral": 0.012 * (people.active & (age > 18)),
    }
    parts = []
    for concept, rate in yearly.items():
        row, at = over_time(stay.start, stay.stop, rate * takes_up, rng)
        if concept == "strength.flu_vaccination":
            at = calendar.nearest_autumn(at, rng)
        inside = (at >= stay.start[row]) & (at < stay.stop[row])
        row, at = row[inside], at[inside]
        parts.append(_events(row, calendar.day_at(at), _pick(concept, len(row), rng)))
    return parts


def _reasons(
    people: People, lives: Lives, calendar: Calendar, visits: pl.DataFrame, rng: np.random.Generator
) -> list[pl.DataFrame]:
    """Reasons for visits. Only some are ever coded, and only at a visit."""
    seen = visits.filter(pl.col("status") == "attended")
    person, day = seen["person"].to_numpy(), seen["day"].to_numpy()
    month = calendar.month_of(day)
    parts = []
    for concept, chance in chances(people, lives, person, month):
        rows = np.flatnonzero(rng.random(len(person), dtype=np.float32) < chance)
        parts.append(_events(person[rows], day[rows], _pick(concept, len(rows), rng)))
    return parts


def _frailty_scores(
    people: People, lives: Lives, calendar: Calendar, stay: Stay, rng: np.random.Generator
) -> list[pl.DataFrame]:
    """Yearly frailty assessments of people of 65 and over. About a third of them have one."""
    age = people.age(lives.months)
    row, at = over_time(stay.start, stay.stop, np.where(age >= 65, 0.33, 0.0), rng)
    when = at.astype(np.int64)
    index = frailty_index((at - people.birth[row]) / 12, lives.ill[when, row], people.frailty[row])
    index = index + rng.normal(0, 0.05, len(row)).astype(np.float32)
    days = calendar.day_at(at)
    scale = np.clip(np.rint(1 + 10 * index), 1, 9)
    parts = [_events(row, days, _pick("measure.clinical_frailty_scale", len(row), rng), scale)]
    for concept, low, high in (("mild", 0.22, 0.36), ("moderate", 0.36, 0.5), ("severe", 0.5, 9.0)):
        rows = np.flatnonzero((index >= low) & (index < high))
        parts.append(_events(row[rows], days[rows], _pick(f"function.frailty_{concept}", len(rows), rng)))
    return parts


def gp_events(
    people: People,
    lives: Lives,
    conditions: Conditions,
    calendar: Calendar,
    visits: pl.DataFrame,
    death_day: Days,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """All coded events in the period that the extracts cover: `person`, `day`, code, value, unit."""
    stay = stays(people, lives)
    frame = pl.concat(
        [
            _diagnoses(people, lives, conditions, calendar, stay, rng),
            *_measurements(people, lives, conditions, calendar, stay, rng),
            *_habits(people, lives, calendar, stay, rng),
            *_prevention(people, lives, calendar, stay, rng),
            *_frailty_scores(people, lives, calendar, stay, rng),
            *_reasons(people, lives, calendar, visits, rng),
        ]
    )
    fitting = old_enough(recorded_alive(frame, calendar, death_day), people, calendar)
    return fitting.sort("person", "day", "code", "value")
