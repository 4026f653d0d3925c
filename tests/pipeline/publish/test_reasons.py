from __future__ import annotations

import polars as pl
import pytest

from data_schemas.codelists import load_codelists
from pipeline.features.catalogue import load_features
from pipeline.publish.phrases import meaning, phrase
from pipeline.publish.reasons import NOTHING_STANDS_OUT, facts_in_words, reasons
from tests.pipeline.declaring import declared

COUNT = declared(
    "admissions_1y", "emergency admission(s) in the last year", "use_of_care", "count", missing=0, group="emergency"
)
COUNT_2Y = declared(
    "admissions_2y",
    "emergency admission(s) in the last two years",
    "use_of_care",
    "count",
    missing=0,
    group="emergency",
)
SINCE = declared(
    "since_admission",
    "days since the last emergency admission",
    "use_of_care",
    "days_since_last",
    missing=9999,
    says="last emergency admission {ago}",
)
EVER = declared("copd", "COPD on the record", "clinical", "ever", missing=0)
PRESSURE = declared("systolic", "latest systolic blood pressure", "clinical", "latest", unit="mmHg")
ABSENT = declared("no_contact", "no contact with us in the last year", "use_of_care", "fact", missing=0, absence=True)
ABUSE = declared("abuse", "domestic abuse on the record", "social", "ever", missing=0)
STRENGTH = declared("group", "goes to an exercise group", "strength", "ever", missing=0, strength=True)
AGE = declared("age", "age in years", "demographic", "fact")
FEMALE = declared("female", "female", "demographic", "fact")


def said(*facts, age_band="40-64", medians=None):
    """The reasons of one person with these (feature, value, contribution)."""
    rows = [(1, feature.name, value, weight) for feature, value, weight in facts]
    schema = {"person": pl.Int32, "feature": pl.String, "value": pl.Float32, "contribution": pl.Float64}
    contributions = pl.DataFrame(rows, schema=schema, orient="row")
    people = pl.DataFrame({"person": [1], "age": [50], "age_band": [age_band]}, schema_overrides={"person": pl.Int32})
    features = list({feature.name: feature for feature, _, _ in facts}.values())
    return list(reasons(features, contributions, people, lambda names: medians or {}).row(0)[1:])


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


VISITS = declared("visits", "visits to A&E in the last year", "use_of_care", "count", "ae.any", missing=0)
SEEN = declared(
    "contacts", "times seen in the last year", "use_of_care", "count", "ae.any or appointment.attended", missing=0
)
GP = declared("gp", "GP appointments in the last year", "use_of_care", "count", "appointment.attended", missing=0)
HEALTH = declared("health", "health of the home's area", "social", "fact", missing=None, area=True, unit="tenth")
UNITS = declared("units", "alcohol: latest value", "clinical", "latest", "measure.alcohol_units", unit="units a week")


def test_one_count_of_care_at_most_and_one_place_for_what_the_person_lives_with():
    care = [(VISITS, 9, 0.9), (COUNT, 4, 0.8), (GP, 30, 0.7)]
    assert said(*care, (EVER, 1, 0.1)) == ["9 visits to A&E in the last year", "COPD on the record", ""]
    assert said(*care, (SINCE, 20, 0.6), (EVER, 1, 0.1)) == [
        "9 visits to A&E in the last year",
        "Last emergency admission 2 weeks ago",
        "COPD on the record",
    ]


@pytest.mark.parametrize(
    "fact", [(SEEN, 40, 2.0), (HEALTH, 1, 2.0), (UNITS, 7.2, 2.0)], ids=["all care together", "area", "measured"]
)
def test_what_says_little_comes_only_where_nothing_else_is_left(fact):
    named = said(fact, (VISITS, 9, 0.9), (SINCE, 20, 0.8), (EVER, 1, 0.1))
    assert named[2] == "COPD on the record"
    assert len(set(named) - {""}) == 3


def test_the_frailty_index_is_a_reason_for_older_people_only():
    index = BUILT_IN["frailty_index"]
    assert said((index, 0.4, 0.5), age_band="65-74")[0] == "Severe frailty"
    assert said((index, 0.4, 0.5), age_band="18-39") == [NOTHING_STANDS_OUT, "", ""]


def test_what_lowers_risk_is_not_a_reason():
    assert said((EVER, 1, -0.2), (COUNT, 1, 0.1)) == ["1 emergency admission in the last year", "", ""]


VACCINE = declared("f", "had a flu vaccination: recorded", "strength", "ever", "strength.flu_vaccination", missing=0)


@pytest.mark.parametrize("feature", [ABUSE, STRENGTH, FEMALE, VACCINE])
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
    assert reasons([COUNT], contributions, people, lambda names: {}).rows() == [(1, NOTHING_STANDS_OUT, "", "")]


def test_counts_are_compared_with_what_is_usual_at_the_persons_age():
    usual = {("admissions_1y", "40-64"): 0.0, ("items", "40-64"): 4.0}
    items = declared("items", "prescribed items in the last year", "clinical", "count", missing=0)
    assert said((COUNT, 3, 0.9), (items, 12, 0.5), medians=usual)[:2] == [
        "3 emergency admissions in the last year (most people their age: none)",
        "12 prescribed items in the last year (usual at their age: 4)",
    ]


def test_what_is_not_worse_than_usual_at_their_age_is_no_reason():
    usual = {("visits", "85+"): 12.0, ("copd", "85+"): 1.0, ("since_admission", "85+"): 20.0}
    facts = [(VISITS, 12, 0.5), (EVER, 1, 0.4), (SINCE, 30, 0.3)]
    assert said(*facts, medians=usual, age_band="85+") == [NOTHING_STANDS_OUT, "", ""]
    assert said((VISITS, 18, 0.5), medians=usual, age_band="85+")[0] == (
        "18 visits to A&E in the last year (usual at their age: 12)"
    )


SF36 = declared("sf36", "SF-36: latest value", "site", "latest", "sf36", says="SF-36: {amount}")


@pytest.mark.parametrize(
    ("value", "expected"), [(100.0, NOTHING_STANDS_OUT), (20.0, "SF-36: 20 (usual at their age: 80)")]
)
def test_a_good_value_never_raises_a_risk(value, expected):
    others = [(n, "sf36", score, 0.01 * (60 - score)) for n, score in ((2, 10.0), (3, 50.0), (4, 95.0))]
    rows = [(1, "sf36", value, 0.2), *others]
    schema = {"person": pl.Int32, "feature": pl.String, "value": pl.Float32, "contribution": pl.Float64}
    people = pl.DataFrame({"person": [1], "age_band": ["40-64"]}, schema_overrides={"person": pl.Int32})
    found = reasons(
        [SF36], pl.DataFrame(rows, schema=schema, orient="row"), people, lambda _: {("sf36", "40-64"): 80.0}
    )
    assert found["reason_1"].item() == expected


def test_frailty_is_said_with_what_it_stems_from(borough):
    parts = {"function_falls_ever": 1.0, "condition_dementia_ever": 1.0, "function_vision_ever": 0.0}
    index, features = BUILT_IN["frailty_index"], [BUILT_IN[name] for name in ("frailty_index", *parts)]
    schema = {"person": pl.Int32, "feature": pl.String, "value": pl.Float32, "contribution": pl.Float64}
    contributions = pl.DataFrame([(1, index.name, 0.4, 0.5)], schema=schema, orient="row")
    people = pl.DataFrame({"person": [1], "age_band": ["85+"]}, schema_overrides={"person": pl.Int32})
    values = pl.DataFrame(
        {"person": [1], **{name: [value] for name, value in parts.items()}}, schema_overrides={"person": pl.Int32}
    )
    facts = facts_in_words(features, contributions, people, lambda _: {}, lambda names: values.select("person", *names))
    assert facts["text"].to_list() == ["Severe frailty: fall or referral for falls and dementia"]


@pytest.mark.parametrize("name", ["charlson_index", "hospital_frailty_raised", "frailty_points_2y", "ucla3_latest"])
def test_a_score_alone_is_no_reason(name):
    assert said((BUILT_IN[name], 8, 0.9)) == [NOTHING_STANDS_OUT, "", ""]


def test_that_something_was_written_down_is_said_as_what_it_is():
    assert said((BUILT_IN["condition_copd_days_since"], 13, 0.9))[0] == "Chronic lung disease (COPD): on the record"
    assert said((BUILT_IN["lifestyle_smoker_days_since"], 13, 0.9))[0] == NOTHING_STANDS_OUT


BUILT_IN = {named.name: named.feature for named in load_features(load_codelists()).features}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("loneliness_likelihood", 0.4),
        ("loneliness_part_age", 1.0),
        ("area_loneliness_percent", 30.0),
        ("practice_gp_appointments", 5.2),
        ("frail_partner_only", 1.0),
        ("imd_decile", 4.0),
        ("frailty_index", 0.1),
        ("social_no_carer_ever", 1.0),
    ],
)
def test_what_is_inferred_absent_or_of_the_surroundings_is_not_a_reason(name, value):
    assert said((BUILT_IN[name], value, 0.9)) == [NOTHING_STANDS_OUT, "", ""]


@pytest.mark.parametrize(
    ("means", "statistic", "given", "value", "expected"),
    [
        ("falls in the last year", "count", {}, 3, "3 falls in the last year"),
        ("falls in the last year", "count", {}, 1, "Falls in the last year: 1"),
        ("fall(s) in the last year", "count", {}, 1, "1 fall in the last year"),
        ("days since the last fall", "days_since_last", {}, 20, "Days since the last fall: 2 weeks"),
        ("days since the last fall", "days_since_last", {"says": "last fall {ago}"}, 20, "Last fall 2 weeks ago"),
        ("has a dog", "ever", {}, 1, "Has a dog"),
        ("has a dog", "score", {}, 1, "Has a dog"),
        ("dogs", "score", {}, 2, "Dogs: 2"),
        ("units a week", "latest", {"unit": "units"}, 7.25, "Units a week: 7.2 units"),
        ("walks", "trend", {"says": "{n} more walk(s)"}, 2, "2 more walks"),
        ("walks", "trend", {"says": "{n} more walk(s)"}, 1, "1 more walk"),
        ("walks", "trend", {"says": "{n} more walk(s)"}, -2, "Walks: down by 2"),
        ("people at the address", "fact", {"unit": "people"}, 1, "People at the address: 1 person"),
        ("people at the address", "fact", {"unit": "people"}, 3, "People at the address: 3 people"),
    ],
)
def test_a_site_feature_has_the_sentence_of_its_statistic_or_its_own(means, statistic, given, value, expected):
    assert phrase(declared("f", means, "site", statistic, **given), value) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (declared("a", "a", "use_of_care", "count", "admission.unplanned"), declared("b", "b", "use_of_care", "count", "admission.readmission"), True),  # noqa: E501
        (declared("a", "a", "use_of_care", "count", "admission.unplanned"), declared("b", "b", "use_of_care", "count", "admission.elective"), False),  # noqa: E501
        (declared("a", "a", "clinical", "ever", "condition.copd"), declared("b", "b", "clinical", "ever", "acsc.copd"), True),
        (declared("a", "a", "use_of_care", "count", "admission.any or ae.any"), declared("b", "b", "use_of_care", "count", "admission.any"), False),  # noqa: E501
        (declared("a", "a", "site", "ever", "local"), declared("b", "b", "site", "count", "local"), True),
        (declared("a", "a", "social", "ever", "x.one", group="money"), declared("b", "b", "social", "ever", "x.two", group="money"), True),
        (declared("a", "a", "clinical", "score"), declared("b", "b", "clinical", "score"), False),
    ],
)  # fmt: skip
def test_meaning(one, other, same):
    assert (meaning(one) == meaning(other)) is same
