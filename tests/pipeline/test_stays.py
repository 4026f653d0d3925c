"""Hospital stays as events, as known before an as-of date."""

from __future__ import annotations

import datetime as dt
import random

import polars as pl
import pytest

from pipeline.concepts import Concepts
from pipeline.stays import acsc_codes, diagnosis_concepts, stay_events

AS_OF = dt.date(2024, 1, 1)
D = dt.date
LISTS = pl.DataFrame(
    [
        ("acsc.copd", "icd10", "J44", "COPD", True),
        ("condition.copd", "icd10", "J44", "COPD", True),
        ("condition.falls", "icd10", "W19.", "Falls", False),
        ("condition.chd", "icd9", "410", "CHD", False),
    ],
    schema=["concept", "system", "code", "term", "built_in"],
    orient="row",
)
CONCEPTS = Concepts(LISTS)


def stay(admitted, discharged=None, method="21", **columns):
    return {
        "person": 1, "admission_date": admitted, "discharge_date": discharged, "admission_method": method,
        "discharge_method": "1", "diag_01": None, "diag_02": None, "episode_start": None, "episode_end": None, **columns,
    }  # fmt: skip


def facts_of(*rows, as_of=AS_OF, diag_system="icd10"):
    """For each concept, a list of (happened, known, value)."""
    kinds = {
        "discharge_date": pl.Date,
        "diag_01": pl.String,
        "diag_02": pl.String,
        "episode_start": pl.Date,
        "episode_end": pl.Date,
    }
    table = pl.DataFrame(list(rows), schema_overrides={"person": pl.Int32, **kinds})
    diagnoses = diagnosis_concepts(table.lazy(), CONCEPTS, diag_system)
    names = {concept.id: concept.name for concept in CONCEPTS.all}
    found = {}
    for row in stay_events(table, diagnoses, CONCEPTS, [as_of]).iter_rows(named=True):
        found.setdefault(names[row["concept"]], []).append((row["happened"], row["known"], row["value"]))
    return found


def test_a_stay_that_ended():
    assert facts_of(stay(D(2023, 5, 1), D(2023, 5, 6), diag_01="J44.1", diag_02="W19")) == {
        "admission.any": [(D(2023, 5, 1), D(2023, 5, 1), 5)],
        "admission.unplanned": [(D(2023, 5, 1), D(2023, 5, 1), 5)],
        "admission.overnight": [(D(2023, 5, 1), D(2023, 5, 1), 5)],
        "admission.acsc": [(D(2023, 5, 1), D(2023, 5, 6), 5)],
        "acsc.copd": [(D(2023, 5, 1), D(2023, 5, 6), None)],
        "condition.copd": [(D(2023, 5, 1), D(2023, 5, 6), None)],
        "condition.falls": [(D(2023, 5, 1), D(2023, 5, 6), None)],
        "admission.frailty_points": [(D(2023, 5, 1), D(2023, 5, 6), pytest.approx(3.2))],
    }


def test_an_open_stay_counts_bed_days_up_to_the_as_of_date_and_tells_no_diagnosis():
    for discharged in (None, AS_OF, D(2024, 2, 1)):
        assert facts_of(stay(D(2023, 12, 22), discharged, diag_01="J44")) == {
            "admission.any": [(D(2023, 12, 22), D(2023, 12, 22), 10)],
            "admission.unplanned": [(D(2023, 12, 22), D(2023, 12, 22), 10)],
            "admission.overnight": [(D(2023, 12, 22), D(2023, 12, 22), 10)],
        }


def test_kinds_of_admission():
    days = [D(2023, month, 1) for month in (1, 3, 5, 7, 9)]
    found = facts_of(
        *(stay(day, day, method) for day, method in zip(days, ("11", "31", "2B", "81", "2D"), strict=True))
    )
    kinds = {name: [row[0].month for row in rows] for name, rows in found.items()}
    assert kinds == {
        "admission.any": [1, 3, 5, 7, 9],
        "admission.day_case": [1],
        "admission.same_day": [9],
        "admission.elective": [1],
        "admission.maternity": [3],
        "admission.other": [5, 7],
        "admission.unplanned": [9],
    }


def test_readmission_within_thirty_days_of_any_discharge():
    first = stay(D(2023, 5, 1), D(2023, 5, 6), "11")
    assert "admission.readmission" in facts_of(first, stay(D(2023, 6, 5), D(2023, 6, 6)))
    assert "admission.readmission" not in facts_of(first, stay(D(2023, 6, 6), D(2023, 6, 7)))
    assert "admission.readmission" not in facts_of(first, stay(D(2023, 6, 5), D(2023, 6, 6), "11"))


def test_several_episodes_tell_a_diagnosis_once():
    episodes = [
        stay(D(2023, 5, 1), D(2023, 5, 9), diag_01="J440", diag_02="J441", episode_start=D(2023, 5, 1)),
        stay(D(2023, 5, 1), D(2023, 5, 9), diag_01="J44", episode_start=D(2023, 5, 4)),
    ]
    assert facts_of(*episodes)["condition.copd"] == [(D(2023, 5, 1), D(2023, 5, 9), None)]


def test_an_elective_stay_is_never_avoidable():
    assert "admission.acsc" not in facts_of(stay(D(2023, 5, 1), D(2023, 5, 6), "11", diag_01="J44"))


def test_built_in_icd10_lists_skip_a_table_marked_icd9():
    rows = [stay(D(2023, 5, 1), D(2023, 5, 6), diag_01="J44", diag_02="4101")]
    assert {"condition.copd"} & set(facts_of(*rows, diag_system="icd9")) == set()
    assert "condition.chd" in facts_of(*rows, diag_system="icd9")
    assert "condition.chd" in facts_of(*rows, diag_system="icd10"), (
        "a site's own list applies wherever its codes are found"
    )


def test_acsc_codes_are_those_the_table_has():
    table = pl.DataFrame({"diag_01": ["J44.0", "J45", "j44x", None]})
    found = diagnosis_concepts(table.lazy(), CONCEPTS, "icd10")
    assert acsc_codes(found, CONCEPTS).to_list() == ["J44.0", "j44x"]


def test_an_emergency_and_its_transfer_are_one_emergency_and_no_return():
    first = stay(D(2023, 5, 1), D(2023, 5, 3), provider_code="A", discharge_destination="51")
    for method in ("2B", "81", "28"):
        found = facts_of(
            first, stay(D(2023, 5, 3), D(2023, 5, 9), method, provider_code="B", discharge_destination="19")
        )
        assert [happened for happened, *_ in found["admission.unplanned"]] == [D(2023, 5, 1)]
        assert "admission.readmission" not in found
        assert [value for *_, value in found["admission.any"]] == [2, 6]
        assert [happened for happened, *_ in found["admission.other"]] == [D(2023, 5, 3)]


def test_an_emergency_on_the_day_of_going_home_is_another_one():
    first = stay(D(2023, 5, 1), D(2023, 5, 3), provider_code="A", discharge_destination="19")
    found = facts_of(first, stay(D(2023, 5, 3), D(2023, 5, 9), "21", provider_code="B", discharge_destination="19"))
    assert [happened for happened, *_ in found["admission.unplanned"]] == [D(2023, 5, 1), D(2023, 5, 3)]
    assert len(found["admission.readmission"]) == 1


def test_a_stay_that_nobody_closed_ends_at_the_next_admission_and_tells_no_diagnosis():
    for discharged in (None, AS_OF):
        found = facts_of(
            stay(D(2023, 5, 1), discharged, diag_01="J44"), stay(D(2023, 6, 1), D(2023, 6, 3), diag_01="W19")
        )
        assert [value for *_, value in found["admission.unplanned"]] == [31, 2]
        assert not {"condition.copd", "admission.acsc"} & set(found)
        assert found["condition.falls"] == [(D(2023, 6, 1), D(2023, 6, 3), None)]


def test_several_dates_know_the_same_together_as_one_by_one():
    """This covers stays that begin, end, continue or are transferred between the dates, and one not known at any date
    yet."""
    draw = random.Random(3)
    rows = []
    for person in range(60):
        for _ in range(draw.randint(1, 4)):
            begun = D(2023, 1, 1) + dt.timedelta(days=draw.randint(0, 400))
            ended = begun + dt.timedelta(days=draw.choice([0, 1, 5, 40]))
            whole = {
                "episode_start": begun,
                "episode_end": draw.choice([None, ended]),
                "diag_01": draw.choice(["J44", "W19", None]),
            }
            method = draw.choice(["21", "11", "2B"])
            discharged = draw.choice([ended, ended, None])
            rows.append(
                stay(begun, discharged, method, **whole, discharge_method=draw.choice(["1", "8"])) | {"person": person}
            )
    table = pl.DataFrame(rows, schema_overrides={"person": pl.Int32, "diag_02": pl.String, "episode_end": pl.Date})
    diagnoses = diagnosis_concepts(table.lazy(), CONCEPTS, "icd10")
    dates = [D(2022, 12, 1), D(2023, 3, 1), D(2023, 3, 8), D(2023, 9, 1), D(2024, 1, 1)]
    together = stay_events(table, diagnoses, CONCEPTS, dates)
    for n, date in enumerate(dates):
        alone = stay_events(table, diagnoses, CONCEPTS, [date]).drop("first", "end")
        own = together.filter(pl.col("first") <= n, pl.col("end") > n).drop("first", "end")
        assert own.sort(own.columns, nulls_last=True).equals(alone.sort(own.columns, nulls_last=True)), date
    assert together.height < sum(stay_events(table, diagnoses, CONCEPTS, [date]).height for date in dates)
