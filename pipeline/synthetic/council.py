"""Generates the council and social-care records of one block: care packages, reablement, homelessness duties and
council tax arrears.
"""

# ruff: noqa: PLR2004 - the numbers are the model: ages and rates are written where they are used

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import Calendar, Days, dates
from pipeline.synthetic.contacts import spread
from pipeline.synthetic.lives import Lives
from pipeline.synthetic.people import People

REVIEW_DAYS = 182
"""Days between reviews of a care package. Each review records the package again."""
STREAM = 20
"""Number of a separate random stream. With it, the other extracts are the same with or without council records."""


def council_records(
    people: People, lives: Lives, calendar: Calendar, death_day: Days, seed: int, block: int
) -> pl.DataFrame:
    """`person, recorded_date, category, value`: hours of care a week for care packages, pounds for arrears."""
    rng = np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence([seed, STREAM, block])))
    age = (np.arange(lives.months)[:, None] - people.birth[None, :]) / 12
    frail = np.exp(0.8 * people.frailty)[None, :]
    rates = {
        "care_package": np.where(age >= 65, 0.0012 * np.exp(0.08 * (age - 75)), 0.0001)
        * frail
        * np.where(lives.alone, 1.5, 1.0),
        "reablement": np.where(age >= 65, 0.15, 0.01) * (lives.unplanned > 0) * np.minimum(frail, 3),
        "homeless_duty": np.where((age >= 16) & (age < 70), 0.00025, 0.0) * np.exp(1.1 * people.hardship)[None, :],
        "council_tax_arrears": np.where(age >= 20, 0.0012, 0.0) * np.exp(0.9 * people.hardship)[None, :],
    }
    parts = [_of(category, rate * lives.here, calendar, rng) for category, rate in rates.items()]
    rows = pl.concat([*parts, _reviews(parts[0], calendar, rng)])
    day = rows["day"].to_numpy()
    alive = calendar.recorded(day) & (day <= death_day[rows["person"].to_numpy()])
    kept = rows.filter(pl.Series(alive)).sort("person", "day", "category", maintain_order=True)
    return kept.select("person", dates(kept["day"].to_numpy()).alias("recorded_date"), "category", "value")


def _of(category: str, monthly: np.ndarray, calendar: Calendar, rng: np.random.Generator) -> pl.DataFrame:
    drawn = spread((rng.random(monthly.shape) < monthly).astype(np.uint8))
    return _rows(category, drawn.person, calendar.within(drawn.month, rng), rng)


def _reviews(packages: pl.DataFrame, calendar: Calendar, rng: np.random.Generator) -> pl.DataFrame:
    """The reviews of each care package, which lasts up to four years."""
    times = rng.integers(0, 9, len(packages))
    person = np.repeat(packages["person"].to_numpy(), times)
    number = np.concatenate([np.arange(1, n + 1) for n in times]) if len(times) else np.zeros(0, dtype=int)
    day = np.repeat(packages["day"].to_numpy(), times) + REVIEW_DAYS * number
    return _rows("care_package", person, np.minimum(day, calendar.end).astype(np.int32), rng)


def _rows(category: str, person: np.ndarray, day: Days, rng: np.random.Generator) -> pl.DataFrame:
    size = len(person)
    values = {"care_package": 4 + rng.gamma(2.0, 4.0, size), "council_tax_arrears": 100 + rng.gamma(2.0, 250.0, size)}
    value = np.round(values[category], 1) if category in values else np.full(size, np.nan)
    rows = pl.DataFrame({"person": person.astype(np.int32), "day": day.astype(np.int32), "value": value})
    return rows.select("person", "day", pl.lit(category).alias("category"), pl.col("value").fill_nan(None))
