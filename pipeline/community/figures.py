"""Works out an indicator's figures for one place and year: protected counts, rates with limits, and their meaning in
words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline import disclosure
from pipeline.community import rates
from pipeline.community.england import National
from pipeline.community.rates import Rate
from pipeline.disclosure import Count

BANDS = len(rates.EUROPEAN_2013)
BAND_YEARS = 5
MANY = 50_000
"""People from which a standardised rate has three significant figures; below, two."""
HIGHER, LOWER, SAME = "Higher than {0}", "Lower than {0}", "No different from {0} beyond chance"


@dataclass(frozen=True)
class Figure:
    """One indicator for one place and year. A rate is per 100,000 people, a share is a percentage."""

    events: Count
    people: Count
    headline: Rate | None
    """A rate standardised for age, or a share. None if a count is hidden or there are fewer than ten events."""
    crude: Rate | None
    ratio: Rate | None = None
    """Observed events divided by those expected at the borough's rates by age and sex. For a share: divided by the
    borough's share.
    """


HIDDEN = Figure(None, None, None, None)


def rate_of(
    events: Count, people: Count, cells: pl.DataFrame, reference: pl.DataFrame, ages: tuple[int, int]
) -> Figure:
    """The figure of a rate, from protected counts and `band, sex, people, events, squares` of one place.

    `squares` sums each person's squared number of events. `reference` has `band, sex, rate` of the borough, per person.
    Exact cells are used only for figures that are too coarse to reveal a count.
    """
    if people is None or events is None:
        return HIDDEN
    both = cells.join(reference, on=["band", "sex"], how="left").fill_null(0)
    expected = disclosure.protect(round(float((both["people"] * both["rate"]).sum())))
    squares = events * _events_together(cells)
    return Figure(
        events=events,
        people=people,
        headline=_standardised(cells, ages),
        crude=rates.crude(events, people, squares) if people else None,
        ratio=rates.indirect(events, [expected], [1.0], squares) if expected else None,
    )


def _events_together(cells: pl.DataFrame) -> float:
    """How strongly events cluster on the same people: 1 if nobody has two. Rounded to one decimal place so that it
    reveals no count.
    """
    events = float(cells["events"].sum())
    return round(float(cells["squares"].sum()) / events, 1) if events else 1.0


def _standardised(cells: pl.DataFrame, ages: tuple[int, int]) -> Rate | None:
    """A standardised rate, rounded so that one event more or less does not show from one month to the next."""
    inside = range(ages[0] // BAND_YEARS, min(ages[1] // BAND_YEARS, BANDS - 1) + 1)
    bands = cells.group_by("band").agg(pl.col("events", "people", "squares").sum())
    by_band = {row[0]: row[1:] for row in bands.iter_rows()}
    counts, at_risk, squares = (np.array([by_band.get(band, (0, 0, 0))[n] for band in inside], float) for n in range(3))
    weights = np.array([rates.EUROPEAN_2013[band] for band in inside], float)
    rate = rates.direct(counts, at_risk, squares=squares, weights=weights)
    figures = 3 if at_risk.sum() >= MANY else 2
    return rate and Rate(*(float(f"{part:.{figures}g}") for part in (rate.value, rate.low, rate.high)))


def share_of(due: Count, done: Count, borough: tuple[Count, Count]) -> Figure:
    """The figure of a share, from protected counts. `borough` is the borough's due and done."""
    if due is None or done is None or not due + done:
        return HIDDEN
    proportion = rates.proportion(done, due + done)
    percent = scaled(proportion, 100)
    there_due, there_done = borough
    ratio = scaled(proportion, (there_due + there_done) / there_done) if there_due is not None and there_done else None
    return Figure(done, due + done, percent, percent, ratio)


def scaled(rate: Rate, by: float) -> Rate:
    """A rate and its limits multiplied by a number."""
    return Rate(rate.value * by, rate.low * by, rate.high * by)


def change(now: Rate | None, before: Rate | None) -> Rate | None:
    """This year's rate divided by last year's, with the interval that both intervals imply on the log scale."""
    if now is None or before is None or min(now.low, before.low) <= 0:
        return None
    ratio = now.value / before.value
    error = math.hypot(*(math.log(rate.high / rate.low) / (2 * 1.959964) for rate in (now, before)))
    return Rate(ratio, ratio * math.exp(-1.959964 * error), ratio * math.exp(1.959964 * error))


def against(rate: Rate | None, other: float, name: str) -> str:
    """How a rate compares, in words, with a number without uncertainty: `Higher than England`. Empty if there is no
    rate.
    """
    if rate is None:
        return ""
    words = HIGHER if rate.low > other else LOWER if rate.high < other else SAME
    return words.format(name)


def against_england(figure: Figure, national: National | None) -> str:
    """The comparison with England in words, using the same kind of measure. Empty if England's figure is not known."""
    if national is None:
        return ""
    return against(figure.crude if national.measure == "crude" else figure.headline, national.value, "England")


def since_last_year(ratio: Rate | None) -> str:
    """The change from one year to the next, in words."""
    if ratio is None:
        return ""
    if ratio.low <= 1 <= ratio.high:
        return "No change beyond chance"
    return f"{'Up' if ratio.value > 1 else 'Down'} {abs(ratio.value - 1):.0%} on the year before"


def tenths_inequality(figures: Sequence[tuple[Figure, int]], seed: int = 0) -> rates.Inequality | None:
    """Slope and relative index of inequality over tenths of deprivation, most deprived first, with their people."""
    known = [(figure.headline, people) for figure, people in figures if figure.headline is not None]
    return rates.inequality([rate for rate, _ in known], [people for _, people in known], seed)
