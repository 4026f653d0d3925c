from __future__ import annotations

import polars as pl
import pytest

from data_schemas.receipts import Feature
from pipeline.publish.phrases import meaning, phrase, singular
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


VISITS = Feature("visits", "visits to A&E in the last year", "use_of_care", "count", "ae.any", missing=0)
SEEN = Feature(
    "contacts", "times seen in the last year", "use_of_care", "count", "ae.any or appointment.attended", missing=0
)
GP = Feature("gp", "GP appointments in the last year", "use_of_care", "count", "appointment.attended", missing=0)
HEALTH = Feature("health", "health of the home's area, tenth of England (1 = worst)", "social", "fact", missing=None)
UNITS = Feature("units", "alcohol: latest value", "clinical", "latest", "measure.alcohol_units", unit="units a week")


def test_one_of_three_places_is_kept_for_what_the_person_lives_with():
    care = [(VISITS, 9, 0.9), (COUNT, 4, 0.8), (GP, 30, 0.7)]
    assert said(*care, (EVER, 1, 0.1)) == [
        "9 visits to A&E in the last year",
        "4 emergency admissions in the last year",
        "COPD on the record",
    ]
    assert said(*care)[2] == "30 GP appointments in the last year"


@pytest.mark.parametrize(
    "fact", [(SEEN, 40, 2.0), (HEALTH, 1, 2.0), (UNITS, 7.2, 2.0)], ids=["all care together", "area", "measured"]
)
def test_what_says_little_comes_only_where_nothing_else_is_left(fact):
    named = said(fact, (VISITS, 9, 0.9), (COUNT, 4, 0.8), (EVER, 1, 0.1))
    assert named[2] == "COPD on the record"
    assert len(set(named) - {""}) == 3
    assert "" not in said(fact, (VISITS, 9, 0.9), (EVER, 1, 0.1))


def test_the_frailty_index_is_a_reason_for_older_people_alone():
    means = "share of the 36 deficits of the electronic Frailty Index that are recorded"
    index = Feature("frailty_index", means, "clinical", "score", group="frailty")
    assert said((index, 0.4, 0.5), age_band="65-74")[0] == "Severe frailty (electronic Frailty Index 0.40)"
    assert said((index, 0.4, 0.5), age_band="18-39") == [NOTHING_STANDS_OUT, "", ""]


def test_what_lowers_risk_is_not_a_reason():
    assert said((EVER, 1, -0.2), (COUNT, 1, 0.1)) == ["1 emergency admission in the last year", "", ""]


VACCINE = Feature("f", "had a flu vaccination: recorded", "strength", "ever", "strength.flu_vaccination", missing=0)


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
    usual = {("admissions_1y", "40-64"): 0.0, ("visits", "40-64"): 4.0, ("visits", "85+"): 12.0}
    visits = Feature("visits", "GP appointments in the last year", "use_of_care", "count", missing=0)
    assert said((COUNT, 3, 0.9), (visits, 12, 0.5), medians=usual)[:2] == [
        "3 emergency admissions in the last year (most people their age: none)",
        "12 GP appointments in the last year (usual at their age: 4)",
    ]
    assert said((visits, 12, 0.5), medians=usual, age_band="85+")[0] == "12 GP appointments in the last year"


@pytest.mark.parametrize(
    ("means", "statistic", "value"),
    [
        ("likelihood of being often lonely, from published studies", "score", 0.4),
        ("part of the loneliness likelihood: age", "score", 1.0),
        ("adults of the home's area who are often lonely, percent", "fact", 30.0),
        ("GP appointments a year of an average person of the practice", "fact", 5.2),
        ("lives with one other person, recorded as frail", "fact", 1.0),
        ("deprivation of the home's area, tenth of England (1 = most deprived)", "fact", 4.0),
        ("share of the 36 deficits of the electronic Frailty Index that are recorded", "score", 0.1),
    ],
)
def test_what_is_inferred_or_of_the_surroundings_is_not_a_reason(means, statistic, value):
    name = "frailty_index" if "Frailty" in means else "f"
    assert said((Feature(name, means, "social", statistic), value, 0.9)) == [NOTHING_STANDS_OUT, "", ""]


@pytest.mark.parametrize(
    ("means", "statistic", "value", "expected"),
    [
        ("emergency admissions in the last year", "count", 1, "1 emergency admission in the last year"),
        ("emergency admissions in the last year", "count", 12, "12 emergency admissions in the last year"),
        (
            "emergency returns to hospital within 30 days, last year",
            "count",
            1,
            "1 emergency return to hospital within 30 days, last year",
        ),
        (
            "days in hospital after emergency admissions in the last year",
            "total",
            1,
            "1 day in hospital after emergency admissions in the last year",
        ),
        (
            "different groups of medicines in the last year",
            "distinct",
            9,
            "9 different groups of medicines in the last year",
        ),
        ("long-term conditions recorded", "score", 4, "4 long-term conditions recorded"),
        ("days since the last emergency admission", "days_since_last", 1, "Last emergency admission 1 day ago"),
        (
            "days since anyone in the NHS last saw the person",
            "days_since_last",
            2,
            "Last seen by anyone in the NHS 2 days ago",
        ),
        ("GP appointments cancelled in the last year", "count", 1, "1 GP appointment cancelled in the last year"),
        ("delirium recorded in the last 3 years", "count", 3, "Delirium recorded 3 times in the last 3 years"),
        ("care or help declined in the last 2 years", "count", 1, "Care or help declined once in the last 2 years"),
        (
            "hospital diagnoses that earlier care often manages, last 3 years",
            "count",
            1,
            "1 hospital diagnosis that earlier care often manages, last 3 years",
        ),
        ("latest body mass index below 18.5", "score", 1, "Latest body mass index below 18.5"),
        ("kinds of social need recorded", "score", 1, "1 kind of social need recorded"),
        (
            "average days of an emergency stay, last 3 years",
            "mean",
            0.5,
            "Emergency stays of less than a day on average, last 3 years",
        ),
        (
            "average days of an emergency stay, last 3 years",
            "mean",
            6.2,
            "Emergency stays of 6 days on average, last 3 years",
        ),
        (
            "GP appointments: last 6 months less the 6 before",
            "trend",
            1,
            "1 more GP appointment in the last 6 months than in the 6 before",
        ),
        ("days since registering with a practice", "fact", 274, "Registered with a practice 9 months ago"),
        (
            "days since registering with a practice here for the first time",
            "fact",
            274,
            "Registered with a practice here for the first time 9 months ago",
        ),
        (
            "day cases (planned, without a night) in the last year",
            "count",
            1,
            "1 day case (planned, without a night) in the last year",
        ),
        ("days since the last emergency admission", "days_since_last", 20, "Last emergency admission 2 weeks ago"),
        ("days since the last emergency admission", "days_since_last", 100, "Last emergency admission 3 months ago"),
        (
            "days since an emergency return within 30 days",
            "days_since_last",
            800,
            "Last emergency return within 30 days 2 years ago",
        ),
        ("days since a fall was first recorded", "days_since_first", 70, "Fall was first recorded 2 months ago"),
        (
            "heart failure: days since first recorded",
            "days_since_first",
            800,
            "Heart failure: first recorded 2 years ago",
        ),
        ("loneliness: days since the last", "days_since_last", 30, "Loneliness: last recorded 4 weeks ago"),
        ("COPD: recorded", "ever", 1, "COPD: on the record"),
        ("housing problem: times in the last year", "count", 1, "Housing problem: recorded once in the last year"),
        (
            "opioid painkiller: items in the last 6 months",
            "count",
            3,
            "Opioid painkiller: 3 items in the last 6 months",
        ),
        ("kidney function (eGFR): latest value", "latest", 38.04, "Kidney function (eGFR): 38"),
        ("HbA1c: average of 3 years", "mean", 61.25, "HbA1c: 61.2, average of 3 years"),
        (
            "kidney function (eGFR): change over 3 years",
            "change",
            -12.0,
            "Kidney function (eGFR): down by 12 over 3 years",
        ),
        (
            "A&E visits: last 6 months less the 6 before",
            "trend",
            2,
            "2 more A&E visits in the last 6 months than in the 6 before",
        ),
        (
            "share of GP appointments missed in the last 3 years",
            "score",
            0.25,
            "25% of GP appointments missed in the last 3 years",
        ),
        ("does not smoke, by the latest entry", "score", 1, "Does not smoke, by the latest entry"),
        ("vaccinations taken up in the last 5 years", "count", 1, "1 vaccination taken up in the last 5 years"),
        (
            "days since an outpatient appointment was missed",
            "days_since_last",
            300,
            "Outpatient appointment was missed 9 months ago",
        ),
        ("lives alone, by address or as recorded", "score", 1, "Lives alone, by address or as recorded"),
        (
            "registered with the same practice for 5 years or more",
            "score",
            1,
            "Registered with the same practice for 5 years or more",
        ),
        (
            "Charlson comorbidity index from hospital diagnoses",
            "score",
            1,
            "Charlson comorbidity index from hospital diagnoses: 1",
        ),
        (
            "deprivation of the home's area, tenth of England (1 = most deprived)",
            "fact",
            2,
            "Home in one of the 20% most deprived areas of England",
        ),
        (
            "crime in the home's area, tenth of England (1 = most)",
            "fact",
            1,
            "Home in one of the 10% worst areas of England for crime",
        ),
    ],
)
def test_phrases(means, statistic, value, expected):
    assert phrase(Feature("f", means, "clinical", statistic), value) == expected


def test_phrases_of_units_medicines_and_frailty():
    assert phrase(PRESSURE, 172.5) == "Latest systolic blood pressure: 172.5 mmHg"
    opioid = Feature("f", "opioid: times in the last year", "clinical", "count", concept="rx.opioid")
    assert phrase(opioid, 2) == "Opioid: prescribed twice in the last year"
    frailty = Feature(
        "frailty_index",
        "share of the 36 deficits of the electronic Frailty Index that are recorded",
        "clinical",
        "score",
    )
    assert phrase(frailty, 0.3611) == "Severe frailty (electronic Frailty Index 0.36)"
    assert phrase(frailty, 0.2) == "Mild frailty (electronic Frailty Index 0.20)"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Feature("a", "a", "use_of_care", "count", "admission.unplanned"), Feature("b", "b", "use_of_care", "count", "admission.readmission"), True),  # noqa: E501
        (Feature("a", "a", "use_of_care", "count", "admission.unplanned"), Feature("b", "b", "use_of_care", "count", "admission.elective"), False),  # noqa: E501
        (Feature("a", "a", "clinical", "ever", "condition.copd"), Feature("b", "b", "clinical", "ever", "acsc.copd"), True),
        (Feature("a", "a", "use_of_care", "count", "admission.any or ae.any"), Feature("b", "b", "use_of_care", "count", "admission.any"), False),  # noqa: E501
        (Feature("a", "a", "site", "ever", "local"), Feature("b", "b", "site", "count", "local"), True),
        (Feature("a", "a", "social", "ever", "x.one", group="money"), Feature("b", "b", "social", "ever", "x.two", group="money"), True),
        (Feature("a", "a", "clinical", "score"), Feature("b", "b", "clinical", "score"), False),
    ],
)  # fmt: skip
def test_meaning(one, other, same):
    assert (meaning(one) == meaning(other)) is same


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


def test_medicines_are_prescribed_and_not_recorded():
    opioid = Feature("o", "opioid painkiller: days since the last", "clinical", "days_since_last", "rx.opioid")
    assert phrase(opioid, 15) == "Opioid painkiller: last prescribed 2 weeks ago"


def test_a_long_name_is_shortened():
    means = "cellulitis (hospital diagnosis that care at home often manages): recorded"
    assert phrase(Feature("c", means, "clinical", "ever", "acsc.cellulitis"), 1) == (
        "Cellulitis (hospital diagnosis): on the record"
    )


def test_one_of_a_unit_is_one():
    people = Feature("p", "people registered at the address", "social", "fact", unit="people")
    assert (phrase(people, 1), phrase(people, 3)) == (
        "People registered at the address: 1 person",
        "People registered at the address: 3 people",
    )
