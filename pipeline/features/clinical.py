"""Features of long-term conditions, function, measurements, prescribing and lifestyle."""

# ruff: noqa: E501, PLR2004 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

import polars as pl

from pipeline.features.declare import (
    Declaration,
    change,
    count,
    days_since_first,
    distinct,
    ever,
    mean,
    months,
    score,
    total,
    trend,
    years,
)

FAMILY = "clinical"

LONG_TERM = tuple(
    f"condition.{name}"
    for name in (
        "af", "asthma", "cancer", "chd", "ckd", "copd", "dementia", "depression", "diabetes", "epilepsy", "heart_failure",
        "hypertension", "osteoporosis", "pad", "parkinsons", "rheumatoid_arthritis", "severe_mental_illness", "stroke", "thyroid",
    )
)
AVOIDABLE = tuple(
    f"acsc.{name}"
    for name in ("angina", "asthma", "cellulitis", "copd", "dehydration", "diabetes", "flu_pneumonia", "heart_failure", "pyelonephritis")
)
BLOODS = tuple(f"measure.{name}" for name in ("systolic", "hba1c", "egfr", "haemoglobin", "cholesterol", "sodium", "albumin", "crp"))


def known_for(concept: str, name: str, *, restricted: bool = False) -> Declaration:
    """How long a condition has been on the record."""
    return days_since_first(
        concept, missing=None, means=f"{name}: days since first recorded", says=f"{name}: first recorded {{ago}}",
        unit="days", group=concept.replace(".", "_"), restricted=restricted,
    )


def items_6m(concept: str, name: str) -> Declaration:
    """Prescribed items of a kind of medicine."""
    return count(
        concept, over=months(6), missing=0, means=f"{name}: items in the {{window}}",
        says=f"{name}: {{n}} item(s) in the {{window}}", group=concept.replace(".", "_"),
    )


def change_3y(concept: str, name: str, unit: str) -> Declaration:
    """How much a measurement has changed."""
    return change(
        concept, over=years(3), missing=None, means=f"{name}: change over the {{window}}",
        says=f"{name}: {{change}} over the {{window}}", unit=unit, group=concept.replace(".", "_"),
    )


def mean_3y(concept: str, name: str, unit: str) -> Declaration:
    """The average of a measurement."""
    return mean(
        concept, over=years(3), missing=None, means=f"{name}: average of the {{window}}",
        says=f"{name}: {{amount}}, average of the {{window}}", unit=unit, group=concept.replace(".", "_"),
    )


# How long each long-term condition has been known. Whether and when it was recorded comes from its code list
af_known_for = known_for("condition.af", "atrial fibrillation")
asthma_known_for = known_for("condition.asthma", "asthma")
cancer_known_for = known_for("condition.cancer", "cancer")
chd_known_for = known_for("condition.chd", "coronary heart disease")
ckd_known_for = known_for("condition.ckd", "chronic kidney disease")
copd_known_for = known_for("condition.copd", "chronic lung disease (COPD)")
dementia_known_for = known_for("condition.dementia", "dementia")
depression_known_for = known_for("condition.depression", "depression")
diabetes_known_for = known_for("condition.diabetes", "diabetes")
epilepsy_known_for = known_for("condition.epilepsy", "epilepsy")
heart_failure_known_for = known_for("condition.heart_failure", "heart failure")
hypertension_known_for = known_for("condition.hypertension", "high blood pressure")
osteoporosis_known_for = known_for("condition.osteoporosis", "osteoporosis")
pad_known_for = known_for("condition.pad", "peripheral arterial disease")
parkinsons_known_for = known_for("condition.parkinsons", "Parkinson's disease or parkinsonism")
rheumatoid_arthritis_known_for = known_for("condition.rheumatoid_arthritis", "rheumatoid arthritis")
severe_mental_illness_known_for = known_for("condition.severe_mental_illness", "severe mental illness")
stroke_known_for = known_for("condition.stroke", "stroke")
anxiety_known_for = known_for("condition.anxiety", "anxiety")
arthritis_known_for = known_for("condition.arthritis", "arthritis")
thyroid_known_for = known_for("condition.thyroid", "thyroid disorder")
palliative_known_for = known_for("condition.palliative", "palliative or end of life care", restricted=True)
new_conditions_1y = count(LONG_TERM, over=years(1), missing=0, means="entries about long-term conditions in the {window}", singular="{n} entry about long-term conditions in the {window}")

# Function and frailty
falls_90d = count("function.falls", over=90, missing=0, means="fall(s) recorded in the {window}", group="function_falls")
falls_3y = count("function.falls", over=years(3), missing=0, means="fall(s) recorded in the {window}", group="function_falls")
falls_known_for = days_since_first("function.falls", missing=None, means="days since a fall was first recorded", says="first fall recorded {ago}", unit="days", group="function_falls")
fractures_3y = count("condition.fragility_fracture", over=years(3), missing=0, means="fragility fracture(s) recorded in the {window}", group="condition_fragility_fracture")
palliative_1y = ever("condition.palliative", over=years(1), missing=0, means="palliative or end of life care in the {window}", group="condition_palliative", restricted=True)
delirium_3y = count("condition.delirium", over=years(3), missing=0, means="delirium recorded in the {window}", says="delirium recorded {times} in the {window}", group="condition_delirium")
skin_ulcers_3y = count("condition.skin_ulcer", over=years(3), missing=0, means="skin or pressure ulcer(s) recorded in the {window}", group="condition_skin_ulcer")
frailty_recorded = ever(("function.frailty_moderate", "function.frailty_severe"), missing=0, risk_direction=1, means="moderate or severe frailty recorded")
home_visits_recorded_3y = count("function.home_visit", over=years(3), missing=0, means="home visit(s) recorded in the {window}", group="function_home_visit")
avoidable_conditions_5y = count(AVOIDABLE, over=years(5), missing=0, means="hospital diagnoses that earlier care often manages, {window}", singular="{n} hospital diagnosis that earlier care often manages, {window}")
frailty_points_2y = total("admission.frailty_points", over=years(2), missing=0, risk_direction=1, means="hospital frailty point(s) in the {window} (Hospital Frailty Risk Score)", bare=True)

# Prescribing
prescribed_items_90d = count("rx.item", over=90, missing=0, means="prescribed item(s) in the {window}")
prescribed_items_1y = count("rx.item", over=years(1), missing=0, means="prescribed item(s) in the {window}")
prescribed_items_trend_1y = trend("rx.item", over=years(1), missing=0, means="prescribed items: last 6 months minus the 6 months before", says="{n} more prescribed item(s) in the last 6 months than in the 6 months before")
medicine_groups_90d = distinct("rx.item", over=90, missing=0, means="different group(s) of medicines in the {window}")
medicine_groups_1y = distinct("rx.item", over=years(1), missing=0, means="different group(s) of medicines in the {window}")
anticoagulant_items_6m = items_6m("rx.anticoagulant", "blood thinner (anticoagulant), to prevent clots")
antidepressant_items_6m = items_6m("rx.antidepressant", "antidepressant, for mood, worry or pain")
antipsychotic_items_6m = items_6m("rx.antipsychotic", "antipsychotic, for severe distress or a mental health condition")
antibacterial_items_6m = items_6m("rx.antibacterial", "antibiotic, for infections")
opioid_items_6m = items_6m("rx.opioid", "opioid painkiller, for strong pain")
hypnotic_items_6m = items_6m("rx.hypnotic", "sleeping tablet or sedative, for sleep or worry")
nsaid_items_6m = items_6m("rx.nsaid", "anti-inflammatory painkiller")
systemic_steroid_items_6m = items_6m("rx.systemic_steroid", "steroid tablets, for flare-ups")
insulin_items_6m = items_6m("rx.insulin", "insulin, for diabetes")
oral_antidiabetic_items_6m = items_6m("rx.oral_antidiabetic", "diabetes tablet")
loop_diuretic_items_6m = items_6m("rx.loop_diuretic", "strong water tablet (loop diuretic), for heart failure or swelling")
bronchodilator_items_6m = items_6m("rx.bronchodilator", "inhaler that opens the airways, for asthma or COPD")
inhaled_steroid_items_6m = items_6m("rx.inhaled_steroid", "steroid inhaler, for asthma or COPD")
statin_items_6m = items_6m("rx.statin", "statin or other medicine to lower cholesterol")
antiepileptic_items_6m = items_6m("rx.antiepileptic", "medicine for epilepsy or nerve pain")
oral_nutrition_items_6m = items_6m("rx.oral_nutrition", "nutritional supplement, for weight loss or poor appetite")
laxative_items_6m = items_6m("rx.laxative", "laxative, for constipation")
proton_pump_inhibitor_items_6m = items_6m("rx.proton_pump_inhibitor", "stomach acid medicine")
dementia_items_6m = items_6m("rx.dementia", "dementia medicine")
parkinson_items_6m = items_6m("rx.parkinson", "Parkinson's medicine")
antibiotic_trend_1y = trend("rx.antibacterial", over=years(1), missing=0, means="antibiotic items: last 6 months minus the 6 months before", says="{n} more antibiotic item(s) in the last 6 months than in the 6 months before", group="rx_antibacterial")
opioid_trend_1y = trend("rx.opioid", over=years(1), missing=0, means="opioid items: last 6 months minus the 6 months before", says="{n} more opioid item(s) in the last 6 months than in the 6 months before", group="rx_opioid")
polypharmacy = score(pl.col("medicine_groups_90d") >= 5, over=90, missing=0, risk_direction=1, means="5 or more groups of medicines in the {window}", group="medicine_groups")
high_polypharmacy = score(pl.col("medicine_groups_90d") >= 10, over=90, missing=0, risk_direction=1, means="10 or more groups of medicines in the {window}", group="medicine_groups")

# Measurements. The latest value, its age and whether there is one come from their code list
systolic_change_3y = change_3y("measure.systolic", "systolic blood pressure", "mmHg")
diastolic_change_3y = change_3y("measure.diastolic", "diastolic blood pressure", "mmHg")
bmi_change_3y = change_3y("measure.bmi", "body mass index", "kg/m2")
weight_change_3y = change_3y("measure.weight", "weight", "kg")
hba1c_change_3y = change_3y("measure.hba1c", "HbA1c", "mmol/mol")
egfr_change_3y = change_3y("measure.egfr", "kidney function (eGFR)", "mL/min/1.73m2")
creatinine_change_3y = change_3y("measure.creatinine", "creatinine", "umol/L")
haemoglobin_change_3y = change_3y("measure.haemoglobin", "haemoglobin", "g/L")
cholesterol_change_3y = change_3y("measure.cholesterol", "total cholesterol", "mmol/L")
albumin_change_3y = change_3y("measure.albumin", "serum albumin", "g/L")
sodium_change_3y = change_3y("measure.sodium", "sodium", "mmol/L")
crp_change_3y = change_3y("measure.crp", "C-reactive protein", "mg/L")
systolic_mean_3y = mean_3y("measure.systolic", "systolic blood pressure", "mmHg")
hba1c_mean_3y = mean_3y("measure.hba1c", "HbA1c", "mmol/mol")
egfr_mean_3y = mean_3y("measure.egfr", "kidney function (eGFR)", "mL/min/1.73m2")
haemoglobin_mean_3y = mean_3y("measure.haemoglobin", "haemoglobin", "g/L")
bmi_low = score(pl.col("measure_bmi_latest") < 18.5, missing=0, means="latest body mass index below 18.5", group="measure_bmi")
bmi_high = score(pl.col("measure_bmi_latest") >= 35, missing=0, means="latest body mass index of 35 or more", group="measure_bmi")
systolic_high = score(pl.col("measure_systolic_latest") >= 160, missing=0, means="latest systolic blood pressure of 160 or more", group="measure_systolic")
systolic_low = score(pl.col("measure_systolic_latest") < 100, missing=0, means="latest systolic blood pressure below 100", group="measure_systolic")
hba1c_high = score(pl.col("measure_hba1c_latest") >= 75, missing=0, means="latest HbA1c of 75 or more", group="measure_hba1c")
egfr_low = score(pl.col("measure_egfr_latest") < 45, missing=0, means="latest kidney function (eGFR) below 45", group="measure_egfr")
haemoglobin_low = score(pl.col("measure_haemoglobin_latest") < 110, missing=0, means="latest haemoglobin below 110", group="measure_haemoglobin")
sodium_low = score(pl.col("measure_sodium_latest") < 133, missing=0, means="latest sodium below 133", group="measure_sodium")
albumin_low = score(pl.col("measure_albumin_latest") < 35, missing=0, means="latest albumin below 35", group="measure_albumin")
crp_high = score(pl.col("measure_crp_latest") >= 10, missing=0, means="latest C-reactive protein of 10 or more", group="measure_crp")
measurements_1y = count(BLOODS, over=years(1), missing=0, means="blood pressure and blood test result(s) in the {window}")
measures_never_taken = score(3 - pl.col("measure_systolic_ever") - pl.col("measure_bmi_ever") - pl.col("measure_egfr_ever"), missing=3, means="how many of blood pressure, BMI and kidney function are not on record", absence=True)

# Lifestyle
smokes_now = score((pl.col("lifestyle_smoker_ever") == 1) & (pl.col("lifestyle_smoker_days_since") <= pl.min_horizontal("lifestyle_ex_smoker_days_since", "lifestyle_never_smoked_days_since").fill_null(1e9)), missing=0, risk_direction=1, means="smoker by the latest entry", group="smoking")
smoking_known = score(pl.max_horizontal("lifestyle_smoker_ever", "lifestyle_ex_smoker_ever", "lifestyle_never_smoked_ever"), missing=0, means="smoking status recorded", group="smoking")
alcohol_units_high = score(pl.col("measure_alcohol_units_latest") > 35, missing=0, means="more than 35 units of alcohol a week by the latest entry", group="alcohol")
