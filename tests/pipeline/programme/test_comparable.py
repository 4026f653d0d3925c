"""Cases, those who could be compared with them, and how long each is followed."""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipeline.programme.comparable import cases_and_pool, months, paired

JANUARY, FEBRUARY = dt.date(2025, 1, 1), dt.date(2025, 2, 1)


def scored(month: dt.date, *persons: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "person": persons, "month": month, "sex": "1", "age_band": "65-74", "frailty_band": 0, "prior_band": 0,
            "logit": [float(p) for p in persons],
        },
        schema_overrides={"person": pl.Int32},
    )  # fmt: skip


def treated(*began: tuple[int, dt.date]) -> pl.DataFrame:
    return pl.DataFrame(began, schema={"person": pl.Int32, "start_date": pl.Date}, orient="row")


def test_somebody_is_a_control_until_the_programme_begins_for_them() -> None:
    began = treated((1, dt.date(2025, 1, 20)), (2, dt.date(2025, 2, 10)))
    everyone = pl.concat([scored(JANUARY, 1, 2, 3), scored(FEBRUARY, 1, 2, 3)])
    cases, pool = cases_and_pool(began, everyone)
    assert cases.select("person", "month", "start_date").rows() == [
        (1, JANUARY, dt.date(2025, 1, 20)), (2, FEBRUARY, dt.date(2025, 2, 10)),
    ]  # fmt: skip
    assert pool.select("month", "person").rows() == [
        (JANUARY, 1),
        (JANUARY, 2),
        (JANUARY, 3),
        (FEBRUARY, 2),
        (FEBRUARY, 3),
    ]


def test_months_of_starts_that_the_records_reach() -> None:
    began = treated((1, dt.date(2025, 1, 20)), (2, dt.date(2025, 2, 10)), (3, dt.date(2019, 2, 10)))
    assert months(began, dt.date(2020, 1, 1), dt.date(2025, 1, 31)) == [JANUARY]


def test_controls_start_with_their_case_and_end_with_it() -> None:
    began = treated((1, dt.date(2025, 1, 20)), (2, dt.date(2025, 1, 25)))
    cases, pool = cases_and_pool(began, scored(JANUARY, 1, 2, 3, 4))
    at = {person: place for place, person in enumerate(pool["person"])}
    sets = pl.DataFrame({"case": [0, 0], "control": [at[3], at[4]], "weight": [0.5, 0.5]})
    ends = pl.DataFrame({"person": [1, 2], "lost_on": [dt.date(2025, 3, 1)] * 2}, schema_overrides={"person": pl.Int32})
    units = paired(cases, pool, sets, ends)
    assert units.select("person", "offered", "weight").rows() == [(1, True, 1.0), (3, False, 0.5), (4, False, 0.5)]
    assert units["start_date"].unique().to_list() == [dt.date(2025, 1, 20)]
    assert units["until"].unique().to_list() == [dt.date(2025, 3, 1)]
