"""The office-based Framingham score agrees with a published example, and is read correctly from records."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest

from pipeline.community import cardiovascular as cvd
from pipeline.community.recorded import columns_in, recorded

AS_OF = dt.date(2026, 4, 1)
WANTED = sorted(
    {
        "measure.bmi",
        "measure.systolic",
        cvd.QRISK,
        "lifestyle.smoker",
        "lifestyle.ex_smoker",
        "condition.diabetes",
        *cvd.TREATED,
    }
)
IDS = {name: number for number, name in enumerate(WANTED)}


def risk_of(age: int, sex: str, *events: tuple[str, dt.date, float | None]) -> float | None:
    people = pl.DataFrame({"person": [1], "age": [age], "sex": [sex]})
    rows = [(1, day, day, IDS[name], value) for name, day, value in events]
    log = pl.DataFrame(
        rows,
        schema={"person": pl.Int64, "happened": pl.Date, "known": pl.Date, "concept": pl.UInt16, "value": pl.Float32},
        orient="row",
    )
    return recorded(people, log, IDS, columns_in(cvd.ten_year_risk()), AS_OF).select(risk=cvd.ten_year_risk())["risk"][
        0
    ]


RECENT = dt.date(2026, 1, 5)


def test_the_worked_example_of_the_published_r_package() -> None:
    # A man of 55, body mass index 30, 140 mmHg untreated, no smoker, no diabetes: 16.75% (R package CVrisk,
    # `ascvd_10y_frs_simple`).
    found = risk_of(55, "1", ("measure.bmi", RECENT, 30), ("measure.systolic", RECENT, 140))
    assert found == pytest.approx(0.1675, abs=5e-5)


def test_a_woman_by_hand() -> None:
    # D'Agostino 2008: 61, body mass index 28, 150 mmHg treated, smoker, diabetes.
    found = risk_of(
        61, "2", ("measure.bmi", RECENT, 28), ("measure.systolic", RECENT, 150), ("rx.antihypertensive", RECENT, None),
        ("lifestyle.smoker", RECENT, None), ("condition.diabetes", dt.date(2015, 1, 1), None),
    )  # fmt: skip
    predictor = 2.72107 * math.log(61) + 0.51125 * math.log(28) + 2.88267 * math.log(150) + 0.61868 + 0.77763
    assert found == pytest.approx(1 - 0.94833 ** math.exp(predictor - 26.0145), abs=1e-6)


def test_a_recorded_qrisk_comes_first_and_an_old_one_is_not_used() -> None:
    known = (("measure.bmi", RECENT, 30.0), ("measure.systolic", RECENT, 140.0))
    assert risk_of(55, "1", *known, (cvd.QRISK, RECENT, 9.5)) == pytest.approx(0.095)
    assert risk_of(55, "1", *known, (cvd.QRISK, dt.date(2019, 1, 1), 9.5)) == pytest.approx(0.1675, abs=5e-5)


@pytest.mark.parametrize("age", [29, 75])
def test_no_score_outside_its_ages(age: int) -> None:
    assert risk_of(age, "1", ("measure.bmi", RECENT, 30), ("measure.systolic", RECENT, 140)) is None


def test_no_score_without_a_plausible_blood_pressure() -> None:
    assert risk_of(55, "1", ("measure.bmi", RECENT, 30), ("measure.systolic", RECENT, 9999)) is None
    assert risk_of(55, "1", ("measure.bmi", RECENT, 30)) is None


def test_who_stopped_smoking_since_is_no_smoker() -> None:
    known = (
        ("measure.bmi", RECENT, 30.0),
        ("measure.systolic", RECENT, 140.0),
        ("lifestyle.smoker", dt.date(2020, 1, 1), None),
    )
    assert risk_of(55, "1", *known, ("lifestyle.ex_smoker", RECENT, None)) == pytest.approx(0.1675, abs=5e-5)
    smoking = risk_of(55, "1", *known)
    assert smoking is not None
    assert smoking > 0.3


def test_observed_over_expected_of_one_year() -> None:
    before = pl.DataFrame({"person": range(1000), "risk": [0.2] * 1000})
    found = cvd.observed_over_expected(before, pl.DataFrame({"person": range(22)}))
    assert found is not None
    assert found.value == pytest.approx(22 / (1000 * (1 - 0.8**0.1)))
    assert found.low < found.value < found.high
    assert cvd.observed_over_expected(before.clear(), before) is None
