"""Features that are scores, built from other features with weights from the literature
(`data_schemas/codelists/reference`).
"""

# ruff: noqa: E501, PLR2004 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

import polars as pl

from data_schemas.codelists import charlson_weights
from pipeline.features.clinical import LONG_TERM
from pipeline.features.declare import score

FAMILY = "clinical"

SEVERER = {"charlson.diabetes": "charlson.diabetes_complicated", "charlson.mild_liver": "charlson.severe_liver", "charlson.cancer": "charlson.metastatic_cancer"}
"""Charlson: if two stages of one disease are recorded, only the more severe one counts."""
DEFICITS = (
    "function_activity_limitation_ever", "condition_anaemia_ever", "condition_arthritis_ever", "condition_af_ever", "condition_chd_ever",
    "condition_ckd_ever", "condition_diabetes_ever", "function_dizziness_ever", "function_dyspnoea_ever", "function_falls_ever",
    "condition_foot_problem_ever", "condition_fragility_fracture_ever", "function_hearing_loss_ever", "condition_heart_failure_ever",
    "condition_heart_valve_disease_ever", "function_housebound_ever", "condition_hypertension_ever", "condition_hypotension_ever",
    "function_cognition_ever", "condition_dementia_ever", "function_mobility_ever", "condition_osteoporosis_ever",
    "condition_parkinsons_ever", "condition_peptic_ulcer_ever", "condition_pad_ever", "social_care_requirement_ever",
    "condition_asthma_ever", "condition_copd_ever", "condition_skin_ulcer_ever", "function_sleep_ever", "social_lives_alone_ever",
    "recorded_lonely", "condition_stroke_ever", "condition_tia_ever", "condition_thyroid_ever", "function_incontinence_ever",
    "condition_urinary_ever", "function_vision_ever", "function_weight_loss_ever", "polypharmacy",
)
"""The concepts for the 36 deficits of the electronic Frailty Index (Clegg and others 2016); some use two of ours."""
ONE_DEFICIT = (
    ("function_cognition_ever", "condition_dementia_ever"), ("condition_asthma_ever", "condition_copd_ever"),
    ("social_lives_alone_ever", "recorded_lonely"), ("condition_stroke_ever", "condition_tia_ever"),
)


def charlson() -> pl.Expr:
    """Sum of the weights of Quan and others 2011 over the diseases recorded in hospital."""
    parts = []
    for concept, weight in charlson_weights().items():
        has = pl.col(f"{concept.replace('.', '_')}_ever")
        severer = SEVERER.get(concept)
        parts.append(weight * (has * (1 - pl.col(f"{severer.replace('.', '_')}_ever")) if severer else has))
    return pl.sum_horizontal(parts)


def deficits() -> pl.Expr:
    """Number of the 36 deficits that are recorded. Two concepts of one deficit count once."""
    doubles = [pl.col(one) * pl.col(other) for one, other in ONE_DEFICIT]
    return pl.sum_horizontal(DEFICITS) - pl.sum_horizontal(doubles)


MENTAL = ("condition_depression_ever", "condition_anxiety_ever", "condition_severe_mental_illness_ever")
PHYSICAL = ("condition_chd_ever", "condition_copd_ever", "condition_diabetes_ever", "condition_heart_failure_ever", "condition_cancer_ever")
SHOWN = (
    "function_falls_ever", "function_housebound_ever", "function_mobility_ever", "function_cognition_ever", "condition_dementia_ever",
    "function_activity_limitation_ever", "function_weight_loss_ever", "function_dyspnoea_ever", "function_dizziness_ever",
    "function_vision_ever", "function_hearing_loss_ever", "function_incontinence_ever", "condition_fragility_fracture_ever",
    "condition_heart_failure_ever", "condition_copd_ever", "condition_stroke_ever", "condition_parkinsons_ever",
)
"""Deficits that people can do something about, or that matter most. Lists give these as the parts of a person's
frailty.
"""
GRADES = ((0.36, "severe frailty"), (0.24, "moderate frailty"), (0.12, "mild frailty"))
"""Threshold of the electronic Frailty Index (Clegg and others 2016)."""


def any_of(names: tuple[str, ...]) -> pl.Expr:
    """Whether one of some flags is set."""
    return pl.max_horizontal(names) == 1


long_term_conditions = score(
    pl.sum_horizontal(f"{name.replace('.', '_')}_ever" for name in (*LONG_TERM, "condition.learning_disability")),
    missing=0, risk_direction=1, group="long_term_conditions",
    means="long-term condition(s) recorded", says="{n} long-term condition(s) recorded",
)
multimorbidity = score(pl.col("long_term_conditions") >= 4, missing=0, risk_direction=1, means="4 or more long-term conditions recorded", group="long_term_conditions")
physical_and_mental = score(any_of(MENTAL) & any_of(PHYSICAL), missing=0, means="a mental and a physical long-term condition together", group="long_term_conditions")
frailty_index = score(
    deficits() / 36, missing=0, risk_direction=1, group="frailty", grades=GRADES, stems_from=SHOWN,
    means="share of the 36 deficits of the electronic Frailty Index that are recorded",
    says="{grade}",
)
frailty_moderate_or_severe = score(pl.col("frailty_index") > 0.24, missing=0, risk_direction=1, means="moderate or severe frailty by the electronic Frailty Index", group="frailty")
charlson_index = score(charlson(), missing=0, risk_direction=1, means="Charlson comorbidity index from hospital diagnoses", says="{means}: {n}", bare=True, group="charlson")
hospital_frailty_raised = score(pl.col("frailty_points_2y") >= 5, missing=0, risk_direction=1, means="Hospital Frailty Risk Score of 5 or more", bare=True, group="frailty")
hospital_frailty_high = score(pl.col("frailty_points_2y") > 15, missing=0, risk_direction=1, means="Hospital Frailty Risk Score above 15", bare=True, group="frailty")
