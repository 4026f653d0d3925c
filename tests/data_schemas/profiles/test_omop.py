"""OMOP visits that follow an emergency-room visit are emergencies, and ends of encounter periods end nothing."""

from __future__ import annotations

import polars as pl
import pytest

from data_schemas.profiles import omop, spelt

COLUMNS = (
    "visit_occurrence_id", "person_id", "visit_concept_id", "visit_start_date", "visit_end_date", "admitted_from_concept_id",
    "preceding_visit_occurrence_id",
)  # fmt: skip
EMERGENCY = ("e", "p", "9203", "2024-05-01", "2024-05-03", None, None)
CASES = {
    "emergency and inpatient": (("1", "p", "262", "2024-01-01", None, None, None), "21"),
    "on the day the emergency visit began": (("1", "p", "9201", "2024-05-01", None, None, None), "21"),
    "on the day after it ended": (("1", "p", "9201", "2024-05-04", None, None, None), "21"),
    "two days after it ended": (("1", "p", "9201", "2024-05-05", None, None, None), "13"),
    "the day before it": (("1", "p", "9201", "2024-04-30", None, None, None), "13"),
    "another person": (("1", "q", "9201", "2024-05-02", None, None, None), "13"),
    "admitted from an emergency room": (("1", "q", "9201", "2024-05-02", None, "8870", None), "21"),
    "admitted from home": (("1", "q", "9201", "2024-05-02", None, "8536", None), "11"),
    "preceded by it": (("1", "p", "9201", "2024-05-06", None, "0", "e"), "21"),
    "preceded by it long ago": (("1", "p", "9201", "2024-09-06", None, "0", "e"), "13"),
}


def method(*visits, columns=COLUMNS, upper=False):
    names = [name.upper() for name in columns] if upper else list(columns)
    frame = pl.DataFrame(visits, schema=dict.fromkeys(COLUMNS, pl.String), orient="row").select(columns)
    frame.columns = names
    found = omop.with_admission_methods(frame.lazy(), spelt(names)).collect()
    return dict(zip(found[names[0]], found[omop.METHOD], strict=True))["1"]


@pytest.mark.parametrize(("visit", "expected"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("upper", [False, True])
def test_how_an_inpatient_visit_came_about(visit, expected, upper):
    assert method(EMERGENCY, visit, upper=upper) == expected


def test_columns_that_are_absent_tell_nothing():
    short = ("visit_occurrence_id", "person_id", "visit_concept_id", "visit_start_date")
    assert method(EMERGENCY, CASES["on the day the emergency visit began"][0], columns=short) == "21"
    assert method(CASES["admitted from home"][0], columns=short) == "13"


def test_an_end_of_encounters_is_not_an_end():
    periods = pl.LazyFrame(
        {"observation_period_end_date": ["2020-01-01"] * 3, "period_type_concept_id": ["44814724", "44814722", None]}
    )
    found = omop.without_ends_of_encounters(periods, spelt(periods.collect_schema().names())).collect()
    assert found["observation_period_end_date"].to_list() == [None, "2020-01-01", "2020-01-01"]
