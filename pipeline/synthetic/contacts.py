"""Simulates how often people use care: monthly counts of visits, by kind."""

# ruff: noqa: PLR2004 - the numbers are the model: ages, shares and limits are written where they are used

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.synthetic.hazards import OLDER, fitted
from pipeline.synthetic.households import Integers, Numbers, by_age
from pipeline.synthetic.lives import Lives
from pipeline.synthetic.people import Floats, People
from pipeline.synthetic.places import Places

ATTENDANCE_CENTRES = (7.0, 25.0, 50.0, 78.0)
"""Middles of the age bands 0 to 14, 15 to 34, 35 to 64, 65 and over."""
Counts = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Visits:
    """Visits, one entry each: the person and the month."""

    person: Integers
    month: Integers

    def __len__(self) -> int:
        return len(self.person)

    def age(self, people: People) -> Numbers:
        return np.asarray((self.month - people.birth[self.person]) / 12)


def spread(counts: npt.NDArray[np.integer]) -> Visits:
    """Turn a [month, person] matrix of counts into one entry per event."""
    month, person = np.nonzero(counts)
    times = counts[month, person]
    return Visits(np.repeat(person, times).astype(np.int32), np.repeat(month, times).astype(np.int32))


def _draw(yearly: Floats, lives: Lives, rng: np.random.Generator) -> Visits:
    """Draw Poisson counts month by month, so that memory holds the rates of one month only."""
    counts = np.zeros(lives.here.shape, dtype=np.uint8)
    for month in range(lives.months):
        counts[month] = rng.poisson(yearly[month] * lives.here[month] / 12)
    return spread(counts)


def _ages(people: People, lives: Lives) -> npt.NDArray[np.float32]:
    return ((np.arange(lives.months)[:, None] - people.birth[None, :]) / 12).astype(np.float32)


def attendance_visits(people: People, lives: Lives, places: Places, rng: np.random.Generator) -> Visits:
    """Emergency attendances after which the person goes home."""
    age = _ages(people, lives)
    ages = (0.0, 2.0, 8.0, 14.0, 20.0, 27.0, 40.0, 60.0, 75.0, 90.0)
    rate = by_age(age, ages, (0.62, 0.55, 0.30, 0.34, 0.44, 0.42, 0.34, 0.27, 0.27, 0.36)).astype(np.float32)
    fifth = places.fifth[people.area]
    levels = np.array(fitted()["attendances"])
    level = np.stack([by_age(np.arange(121), ATTENDANCE_CENTRES, tuple(levels[:, f])) for f in range(5)], axis=1)
    rate *= np.exp(level.astype(np.float32))[np.clip(age, 0, 120).astype(np.int16), fifth[None, :]]
    rate *= np.exp(0.12 * people.frailty + 0.12 * people.hardship + 0.50 * people.private).astype(np.float32)
    rate *= np.where(lives.unstable, 2.6, 1.0) * np.where(lives.alone & (age >= OLDER), 1.4, 1.0)
    rate *= np.where(lives.lonely, 1.2, 1.0)
    return _draw(rate, lives, rng)


def outpatient_visits(people: People, lives: Lives, rng: np.random.Generator) -> Visits:
    """Outpatient appointments, attended or not."""
    age = _ages(people, lives)
    ages = (0.0, 10.0, 25.0, 45.0, 65.0, 80.0, 95.0)
    rate = by_age(age, ages, (0.9, 0.7, 0.9, 1.3, 2.0, 2.2, 1.2)).astype(np.float32)
    rate *= np.exp(0.20 * people.frailty - 0.04 * people.hardship + 0.10 * people.private).astype(np.float32)
    rate *= (0.75 + 0.22 * lives.ill) * np.where(lives.unstable, 1.7, 1.0) * fitted()["outpatients"]
    return _draw(rate, lives, rng)


def practice_visits(people: People, lives: Lives, rng: np.random.Generator) -> Visits:
    """Appointments booked in general practice. Very young, old and ill people, and women, have the most."""
    age = _ages(people, lives)
    ages = (0.0, 2.0, 5.0, 12.0, 20.0, 35.0, 50.0, 65.0, 75.0, 87.0, 95.0)
    rate = by_age(age, ages, (5.6, 4.5, 2.6, 1.9, 3.0, 3.6, 4.2, 5.0, 6.0, 7.6, 7.2)).astype(np.float32)
    rate *= np.where(people.female[None, :] & (age > 15) & (age < 55), 1.35, 1.0)
    rate *= np.exp(0.18 * people.frailty + 0.08 * people.hardship + 0.15 * people.private).astype(np.float32)
    rate *= (0.8 + 0.19 * lives.ill) * np.where(lives.unstable, 2.0, 1.0) * np.where(lives.lonely, 1.15, 1.0)
    rate *= np.where(lives.alone & (age >= OLDER), 1.15, 1.0) * fitted()["appointments"]
    return _draw(rate, lives, rng)


def elective_visits(people: People, lives: Lives, rng: np.random.Generator) -> Visits:
    """Elective admissions, mostly day cases."""
    age = _ages(people, lives)
    ages = (0.0, 15.0, 30.0, 50.0, 70.0, 80.0, 95.0)
    rate = by_age(age, ages, (0.03, 0.03, 0.05, 0.11, 0.22, 0.22, 0.10)).astype(np.float32)
    rate *= np.exp(0.18 * people.frailty + 0.2 * people.private).astype(np.float32) * (0.8 + 0.2 * lives.ill)
    return _draw(rate, lives, rng)


def maternity_visits(people: People, lives: Lives, rng: np.random.Generator) -> Visits:
    """Admissions to give birth."""
    rate = by_age(_ages(people, lives), (15.0, 20.0, 30.0, 36.0, 45.0), (0.0, 0.05, 0.12, 0.08, 0.0)).astype(np.float32)
    return _draw(rate * people.female, lives, rng)
