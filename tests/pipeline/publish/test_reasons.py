from __future__ import annotations

import polars as pl
import pytest

from data_schemas.receipts import Feature
from pipeline.publish.phrases import phrase, singular
from pipeline.publish.reasons import NOTHING_STANDS_OUT, reasons

COUNT = Feature(
    "admissions_1y", "emergency admissions in the last year", "use_of_care", "count", missing=0, group="emergency"
)
COUNT_2Y = Feature(
    "admissions_2y", "emergency admissions in the last two years", "use_of_care", "count", missing=0, group="emergency"
)
SINCE = Feature(
    "since_admission", "days since the last emergency admission", "use_of_care", "days_since_last", missing=9999
)
EVER = Feature("copd", "COPD on the record", "clinical", "ever", missing=0)
PRESSURE = Feature("systolic", "latest systolic blood pressure", "clinical", "latest", unit="mmHg")
ABSENT = Feature("no_contact", "no contact with the practice in the last year", "use_of_care", "fact", missing=0)
ABUSE = Feature("abuse", "domestic abuse on the record", "social", "ever", missing=0)
STRENGTH = Feature("group", "goes to an exercise group", "strength", "ever", missing=0, strength=True)
AGE = Feature("age", "age in years", "demographic", "fact")
FEMALE = Feature("female", "female", "demographic", "fact")


def said(*facts, age_band="40-64"):
    """The reasons of one person with these (feature, value, contribution)."""
    rows = [(1, feature.name, value, weight) for feature, value, weight in facts]
    schema = {"person": pl.Int32, "feature": pl.String, "value": pl.Float32, "contribution": pl.Float64}
    contributions = pl.DataFrame(rows, schema=schema, orient="row")
    people = pl.DataFrame({"person": [1], "age": [50], "age_band": [age_band]}, schema_overrides={"person": pl.Int32})
    features = list({feature.name: feature for feature, _, _ in facts}.values())
    return list(reasons(features, contributions, people).row(0)[1:])


def test_strongest_first_with_the_persons_own_number():
    assert said((EVER, 1, 0.2), (COUNT, 3, 0.9), (PRESSURE, 172, 0.1)) == [
        "3 emergency admissions in the last year",
        "COPD on the record",
        "Latest systolic blood pressure: 172 mmHg",
    ]


def test_one_reason_for_one_meaning_weighed_together():
    assert said((EVER, 1, 0.5), (COUNT, 2, 0.3), (COUNT_2Y, 4, 0.4)) == [
        "4 emergency admissions in the last two years",
        "COPD on the record",
        "",
    ]


@pytest.mark.parametrize(
    "fact",
    [
        (COUNT, 0, 0.9),
        (EVER, 0, 0.9),
        (SINCE, 9999, 0.9),
        (SINCE, None, 0.9),
        (PRESSURE, float("nan"), 0.9),
        (ABSENT, 1, 0.9),
    ],
    ids=["none", "never", "never, as a number", "never, as unknown", "unmeasured", "absence as a fact"],
)
def test_absence_is_not_a_reason(fact):
    assert said((COUNT_2Y, 1, 0.1), fact) == ["1 emergency admission in the last two years", "", ""]


def test_what_lowers_risk_is_not_a_reason():
    assert said((EVER, 1, -0.2), (COUNT, 1, 0.1)) == ["1 emergency admission in the last year", "", ""]


@pytest.mark.parametrize("feature", [ABUSE, STRENGTH, FEMALE])
def test_never_a_reason(feature):
    assert said((feature, 1, 5.0), (EVER, 1, 0.1)) == ["COPD on the record", "", ""]


def test_age_stands_in_only_where_fewer_than_three_facts_are_left():
    assert said((EVER, 1, 0.1), (AGE, 90, 3.0), age_band="85+") == ["COPD on the record", "Aged 85 and over", ""]
    three = said((EVER, 1, 0.1), (COUNT, 1, 0.1), (PRESSURE, 172, 0.1), (AGE, 90, 3.0), age_band="85+")
    assert not any(text.startswith("Aged") for text in three)


def test_age_that_lowers_risk_is_no_reason():
    assert said((AGE, 30, -1.0), age_band="18-39") == [NOTHING_STANDS_OUT, "", ""]


def test_people_without_contributions_still_get_a_line():
    contributions = pl.DataFrame(
        schema={"person": pl.Int32, "feature": pl.String, "value": pl.Float32, "contribution": pl.Float64}
    )
    people = pl.DataFrame({"person": [1], "age": [50], "age_band": ["40-64"]}, schema_overrides={"person": pl.Int32})
    assert reasons([COUNT], contributions, people).rows() == [(1, NOTHING_STANDS_OUT, "", "")]


@pytest.mark.parametrize(
    ("feature", "value", "expected"),
    [
        (COUNT, 1, "1 emergency admission in the last year"),
        (COUNT, 12, "12 emergency admissions in the last year"),
        (SINCE, 1, "Last emergency admission 1 day ago"),
        (SINCE, 20, "Last emergency admission 2 weeks ago"),
        (SINCE, 100, "Last emergency admission 3 months ago"),
        (SINCE, 800, "Last emergency admission 2 years ago"),
        (EVER, 1, "COPD on the record"),
        (PRESSURE, 172.5, "Latest systolic blood pressure: 172.5 mmHg"),
        (
            Feature("x", "different medicines in the last year", "clinical", "distinct"),
            9,
            "9 different medicines in the last year",
        ),
        (
            Feature("x", "average blood sugar", "clinical", "mean", unit="mmol/mol"),
            61.25,
            "Average blood sugar: 61.2 mmol/mol",
        ),
    ],
)
def test_phrases(feature, value, expected):
    assert phrase(feature, value) == expected


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ("emergency admissions in the last year", "emergency admission in the last year"),
        ("visits to A&E", "visit to A&E"),
        ("days in hospital", "day in hospital"),
        ("therapies tried", "therapies tried"),
        ("allergies", "allergy"),
        ("missed", "missed"),
    ],
)
def test_singular(means, expected):
    assert singular(means) == expected
