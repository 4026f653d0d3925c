"""The borough's targets: published rates, adjusted to the borough's people."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from data_schemas.disk import read_csv
from pipeline.synthetic.options import DATA
from pipeline.synthetic.places import Places

Grid = npt.NDArray[np.float64]
EMERGENCY_EDGES = (0, 20, 38, 53, 67, 200)
ATTENDANCE_EDGES = (0, 15, 35, 65, 200)
ENGLAND_EMERGENCY = 108.0
"""Emergency admissions per 1,000 people in England, 2017/18 (6.02 million)."""
ENGLAND_ATTENDANCES = 25.0e6
"""A&E attendances in England in 2019/20, all types: 22% by people of 65 and over, 27% by people of 15 to 34 (NHS
Digital).
"""
ATTENDANCE_SHARES = (0.51 * 10.1 / 31.8, 0.27, 0.51 * 21.7 / 31.8, 0.22)
"""Shares of attendances by age band. The remaining half is divided between the two other bands by their number of
people.
"""
ENGLAND_MILLIONS = (10.1, 14.1, 21.7, 10.4)
"""Millions of people of 0 to 14, 15 to 34, 35 to 64, and 65 and over (ONS mid-2019, rounded)."""
DECILE_ATTENDANCES = (3.1, 1.6)
"""Millions of attendances in the most and the least deprived tenth."""
LONELY = (0.09, 0.08, 0.07, 0.05, 0.04, 0.05)
"""Shares often or always lonely at 16 to 24, 25 to 34, 35 to 49, 50 to 64, 65 to 74 and 75+ (Community Life Survey
2024/25).
"""
DEATHS = 0.0104
"""Deaths per person per year in a borough with Wigan's age and health (about 3,400 of 330,000)."""
APPOINTMENTS = 5.9
"""Booked appointments per person per year. About one in ten is missed or cancelled (England 5.0 in 2019,
5.8 in 2024).
"""
OUTPATIENTS = 1.9
"""Outpatient appointments per person per year (England, 2019/20: about 125 million booked for 56 million people; fewer
here).
"""


def residents_by(places: Places, edges: tuple[int, ...]) -> Grid:
    """Residents of the borough, as [age band, fifth]."""
    ages = np.arange(places.residents.shape[1])
    band = np.searchsorted(edges, ages, side="right") - 1
    grid = np.zeros((len(edges) - 1, 5))
    for b in range(len(edges) - 1):
        grid[b] = np.bincount(places.fifth, places.residents[:, band == b].sum(axis=1), 5)
    return grid


def emergency_rates(places: Places) -> Grid:
    """Emergency admissions per person per year, as [band, fifth].

    The shape by age and deprivation comes from East Devon's published cells. All are multiplied by one factor, so that
    the whole borough has England's rate times its mean emergency ratio (IoD 2025: 113.6 for Wigan, England 100).
    """
    table = read_csv(DATA / "rates.csv").with_columns(rate=pl.col("events") / pl.col("people"))
    shape = table["rate"].to_numpy().reshape(5, 5)
    here = residents_by(places, EMERGENCY_EDGES)
    ratio = np.average(places.areas["emergency_ratio"].to_numpy(), weights=places.residents.sum(axis=1)) / 100
    return np.asarray(shape * (ENGLAND_EMERGENCY / 1000 * ratio * here.sum()) / (shape * here).sum())


def attendance_rates() -> Grid:
    """A&E attendances of every type per person per year, as [band, fifth].

    England's rate by age, multiplied by the gradient between its most and least deprived tenth, with a straight line in
    between.
    """
    by_band = np.array(ATTENDANCE_SHARES) * ENGLAND_ATTENDANCES / (np.array(ENGLAND_MILLIONS) * 1e6)
    tenths = np.linspace(*DECILE_ATTENDANCES, 10)
    by_fifth = tenths.reshape(5, 2).mean(axis=1) / tenths.mean()
    return np.asarray(by_band[:, None] * by_fifth[None, :])
