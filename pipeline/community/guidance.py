"""Declares the rules for who is due for prevention, each with its source and date.

A rule says who it is for, what counts as done, and which national guidance it comes from. It uses what practices and
hospitals recorded; people may already have had it elsewhere. If a site lacks the records for a rule, the rule is left
out and the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.community.cardiovascular import DISEASE, TREATED, ten_year_risk
from pipeline.community.recorded import YEAR, ever, latest, measured_within, newer, within

FIVE_YEARS = 5 * YEAR + 1
HIGH_RISK = 0.2
"""The ten-year risk from which no NHS Health Check is due, because the person's own practice provides care."""
RAISED = (140, 90)
RAISED_FROM_80 = (150, 90)
"""Clinic blood pressure (systolic and diastolic) that NICE calls raised, and its target from the age of 80."""
TOO_MANY_STROKES = 2
"""CHA₂DS₂-VASc points from which NICE recommends offering an anticoagulant."""


@dataclass(frozen=True)
class Rule:
    """One kind of prevention."""

    name: str
    heading: str
    who: str
    """Who it is for, in words."""
    due: str
    """Why somebody is due, in words for the practice."""
    eligible: pl.Expr
    done: pl.Expr
    needs: tuple[str, ...]
    """Concepts of which at least one must be on record before anybody can be due."""
    source: str
    published: str
    url: str
    restricted: bool = False
    """Whether the condition is shown in counts only, never next to a person."""


def _age(low: int, high: int = 130) -> pl.Expr:
    return pl.col("age").is_between(low, high)


def _pressure_above(limits: tuple[int, int]) -> pl.Expr:
    systolic, diastolic = limits
    above = (latest("measure.systolic") >= systolic) | (latest("measure.diastolic") >= diastolic)
    return above.fill_null(value=False)


def _stroke_points() -> pl.Expr:
    """CHA₂DS₂-VASc: Lip and others, Chest 2010; 137: 263-272. Recorded CHD counts as vascular disease."""
    ones = (
        ever("condition.heart_failure"), ever("condition.hypertension"), ever("condition.diabetes"), ever("condition.chd", "condition.pad"),
        _age(65), _age(75), pl.col("sex") == "2",
    )  # fmt: skip
    twos = ever("condition.stroke", "condition.tia")
    return pl.sum_horizontal(*(each.cast(pl.Int32) for each in ones), 2 * twos.cast(pl.Int32))


_HEALTH_CHECK = "strength.health_check"
_HYPERTENSION = "condition.hypertension"
_EXCLUDED = (
    "condition.chd", "condition.ckd", "condition.diabetes", _HYPERTENSION, "condition.af", "condition.tia", "condition.stroke",
    "condition.heart_failure", "condition.pad", "prevention.familial_hypercholesterolaemia",
)  # fmt: skip
_TREATED = pl.any_horizontal(*(within(medicine, YEAR) for medicine in TREATED))
_SMOKES = newer("lifestyle.smoker", "lifestyle.ex_smoker")
_CHECK_DUE = _age(40, 74) & ~ever(*_EXCLUDED) & ~within("rx.statin", YEAR) & (ten_year_risk().fill_null(0) < HIGH_RISK)
_DIABETES_CARE = (
    measured_within("measure.hba1c", YEAR), measured_within("measure.systolic", YEAR), measured_within("measure.cholesterol", YEAR),
    measured_within("measure.creatinine", YEAR) | measured_within("measure.egfr", YEAR),
    measured_within("measure.albumin_creatinine_ratio", YEAR), measured_within("measure.bmi", YEAR),
)  # fmt: skip

_HEALTH_CHECK_GUIDE = (
    "NHS Health Check: best practice guidance, Office for Health Improvement and Disparities", "October 2019",
    "https://www.healthcheck.nhs.uk/commissioners-and-providers/national-guidance/",
)  # fmt: skip
_NICE_PRESSURE = ("Hypertension in adults, NICE NG136", "November 2023", "https://www.nice.org.uk/guidance/ng136")
_CORE20 = (
    "Core20PLUS5, an approach to reducing healthcare inequalities, NHS England", "November 2021",
    "https://www.england.nhs.uk/about/equality/equality-hub/national-healthcare-inequalities-improvement-programme/core20plus5/",
)  # fmt: skip

RULES = (
    Rule(
        "nhs-health-check",
        "NHS Health Check",
        "people of 40 to 74. It is not for those who are in care for their heart, kidneys or blood pressure, or for stroke or diabetes",
        "NHS Health Check: none on record in five years",
        _CHECK_DUE,
        within(_HEALTH_CHECK, FIVE_YEARS),
        (_HEALTH_CHECK,),
        *_HEALTH_CHECK_GUIDE,
    ),
    Rule(
        "dementia-risk-talk",
        "Talk about how to lower the risk of vascular dementia",
        "people of 40 to 74 who are asked to come to an NHS Health Check, where it is part of the check",
        "No talk about the risk of vascular dementia on record in five years",
        _CHECK_DUE,
        within("prevention.dementia_risk_talk", FIVE_YEARS),
        ("prevention.dementia_risk_talk",),
        *_HEALTH_CHECK_GUIDE,
    ),
    Rule(
        "blood-pressure-measured",
        "Blood pressure measured",
        "people of 40 and over with no high blood pressure on record",
        "Blood pressure: none on record in five years",
        _age(40) & ~ever(_HYPERTENSION),
        measured_within("measure.systolic", FIVE_YEARS),
        ("measure.systolic",),
        *_NICE_PRESSURE,
    ),
    Rule(
        "raised-blood-pressure-followed-up",
        "Raised blood pressure followed up",
        "adults whose last blood pressure was 140/90 or more. It is also for those who have been found to have high blood pressure since, "
        "or are treated for it",
        "Blood pressure was raised: not diagnosed, not treated",
        _age(18) & (_pressure_above(RAISED) | ever(_HYPERTENSION)) & measured_within("measure.systolic", FIVE_YEARS),
        ever(_HYPERTENSION) | _TREATED,
        ("measure.systolic", _HYPERTENSION),
        *_NICE_PRESSURE,
    ),
    Rule(
        "blood-pressure-on-target",
        "Blood pressure on target",
        "people with high blood pressure on record who had it measured in the last year",
        "High blood pressure: last measurement above the target",
        ever(_HYPERTENSION) & measured_within("measure.systolic", YEAR),
        ~pl.when(_age(80)).then(_pressure_above(RAISED_FROM_80)).otherwise(_pressure_above(RAISED)),
        ("measure.systolic", _HYPERTENSION),
        *_NICE_PRESSURE,
    ),
    Rule(
        "af-anticoagulant",
        "Blood thinner for atrial fibrillation",
        "people with atrial fibrillation and two or more points of stroke risk (CHA₂DS₂-VASc)",
        "Atrial fibrillation: no blood thinner (anticoagulant) on record in half a year",
        ever("condition.af") & (_stroke_points() >= TOO_MANY_STROKES),
        within("rx.anticoagulant", 183),
        ("condition.af", "rx.anticoagulant"),
        "Atrial fibrillation, NICE NG196",
        "June 2021",
        "https://www.nice.org.uk/guidance/ng196",
    ),
    Rule(
        "cvd-statin",
        "Statin after heart disease or stroke",
        "people who have had a stroke or a mini-stroke. It is also for people with heart disease or narrowed leg arteries on record",
        "Heart disease or stroke: no statin or other cholesterol medicine on record in half a year",
        ever(*(name for name in DISEASE if name != "condition.heart_failure")),
        within("rx.statin", 183),
        ("condition.chd", "rx.statin"),
        "Cardiovascular disease: risk assessment and reduction, NICE NG238",
        "December 2023",
        "https://www.nice.org.uk/guidance/ng238",
    ),
    Rule(
        "diabetes-care",
        "The year's checks for diabetes",
        "people of 12 and over with diabetes on record. Done means six checks in a year: HbA1c, blood pressure, cholesterol, kidneys, "
        "urine and weight. The national audit has two more, of feet and smoking. Many sites do not record these, so they do not count here",
        "Diabetes: not all of the year's checks are on record",
        ever("condition.diabetes") & _age(12),
        pl.all_horizontal(*_DIABETES_CARE),
        (
            "condition.diabetes",
            "measure.hba1c",
            "measure.cholesterol",
            "measure.albumin_creatinine_ratio",
            "measure.bmi",
        ),
        "Type 2 diabetes in adults, NICE NG28, and the National Diabetes Audit's care processes",
        "June 2022",
        "https://www.nice.org.uk/guidance/ng28",
    ),
    Rule(
        "severe-mental-illness-check",
        "Yearly physical health check with severe mental illness",
        "people with severe mental illness on record",
        "Yearly physical health check: none on record in a year",
        ever("condition.severe_mental_illness"),
        within("prevention.severe_mental_illness_check", YEAR),
        ("condition.severe_mental_illness", "prevention.severe_mental_illness_check"),
        *_CORE20,
        restricted=True,
    ),
    Rule(
        "learning-disability-check",
        "Yearly health check with a learning disability",
        "people of 14 and over with a learning disability on record",
        "Yearly health check: none on record in a year",
        ever("condition.learning_disability") & _age(14),
        within("prevention.learning_disability_check", YEAR),
        ("condition.learning_disability", "prevention.learning_disability_check"),
        "Improving the health of people with a learning disability, NHS Long Term Plan",
        "January 2019",
        "https://www.england.nhs.uk/learning-disabilities/improving-health/annual-health-checks/",
        restricted=True,
    ),
    Rule(
        "stop-smoking-offer",
        "Offer of help to stop smoking",
        "adults who smoke, by their latest record",
        "Smokes: no offer of help to stop on record in a year",
        _SMOKES & _age(18),
        within("prevention.stop_smoking_offer", YEAR) | within("rx.nicotine_dependence", YEAR),
        ("lifestyle.smoker", "prevention.stop_smoking_offer"),
        "Tobacco: preventing uptake, promoting quitting and treating dependence, NICE NG209",
        "January 2023",
        "https://www.nice.org.uk/guidance/ng209",
    ),
    Rule(
        "copd-flu",
        "Flu vaccination with COPD",
        "people with chronic lung disease (COPD) on record",
        "COPD: no flu vaccination on record in a year",
        ever("condition.copd"),
        within("strength.flu_vaccination", YEAR),
        ("condition.copd", "strength.flu_vaccination"),
        *_CORE20,
    ),
)
"""In the order shown on pages."""
