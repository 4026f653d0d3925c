"""Long-term conditions, function, measurements, prescribing, lifestyle."""

# ruff: noqa: E501, PLR2004 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

import polars as pl

from pipeline.features.declare import (
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

# How long each long-term condition has been known; whether and when it was recorded comes with its code list
af_known_for = days_since_first("condition.af", missing=None, means="atrial fibrillation: days since first recorded", unit="days", group="condition_af")
asthma_known_for = days_since_first("condition.asthma", missing=None, means="asthma: days since first recorded", unit="days", group="condition_asthma")
cancer_known_for = days_since_first("condition.cancer", missing=None, means="cancer: days since first recorded", unit="days", group="condition_cancer")
chd_known_for = days_since_first("condition.chd", missing=None, means="coronary heart disease: days since first recorded", unit="days", group="condition_chd")
ckd_known_for = days_since_first("condition.ckd", missing=None, means="chronic kidney disease: days since first recorded", unit="days", group="condition_ckd")
copd_known_for = days_since_first("condition.copd", missing=None, means="chronic lung disease (COPD): days since first recorded", unit="days", group="condition_copd")
dementia_known_for = days_since_first("condition.dementia", missing=None, means="dementia: days since first recorded", unit="days", group="condition_dementia")
depression_known_for = days_since_first("condition.depression", missing=None, means="depression: days since first recorded", unit="days", group="condition_depression")
diabetes_known_for = days_since_first("condition.diabetes", missing=None, means="diabetes: days since first recorded", unit="days", group="condition_diabetes")
epilepsy_known_for = days_since_first("condition.epilepsy", missing=None, means="epilepsy: days since first recorded", unit="days", group="condition_epilepsy")
heart_failure_known_for = days_since_first("condition.heart_failure", missing=None, means="heart failure: days since first recorded", unit="days", group="condition_heart_failure")
hypertension_known_for = days_since_first("condition.hypertension", missing=None, means="high blood pressure: days since first recorded", unit="days", group="condition_hypertension")
osteoporosis_known_for = days_since_first("condition.osteoporosis", missing=None, means="osteoporosis: days since first recorded", unit="days", group="condition_osteoporosis")
pad_known_for = days_since_first("condition.pad", missing=None, means="peripheral arterial disease: days since first recorded", unit="days", group="condition_pad")
parkinsons_known_for = days_since_first("condition.parkinsons", missing=None, means="Parkinson's disease or parkinsonism: days since first recorded", unit="days", group="condition_parkinsons")
rheumatoid_arthritis_known_for = days_since_first("condition.rheumatoid_arthritis", missing=None, means="rheumatoid arthritis: days since first recorded", unit="days", group="condition_rheumatoid_arthritis")
severe_mental_illness_known_for = days_since_first("condition.severe_mental_illness", missing=None, means="severe mental illness: days since first recorded", unit="days", group="condition_severe_mental_illness")
stroke_known_for = days_since_first("condition.stroke", missing=None, means="stroke: days since first recorded", unit="days", group="condition_stroke")
anxiety_known_for = days_since_first("condition.anxiety", missing=None, means="anxiety: days since first recorded", unit="days", group="condition_anxiety")
arthritis_known_for = days_since_first("condition.arthritis", missing=None, means="arthritis: days since first recorded", unit="days", group="condition_arthritis")
thyroid_known_for = days_since_first("condition.thyroid", missing=None, means="thyroid disorder: days since first recorded", unit="days", group="condition_thyroid")
palliative_known_for = days_since_first("condition.palliative", missing=None, means="palliative or end of life care: days since first recorded", unit="days", group="condition_palliative", restricted=True)
new_conditions_1y = count(LONG_TERM, over=years(1), missing=0, means="entries of long-term conditions in the last year")

# Function and frailty
falls_90d = count("function.falls", over=90, missing=0, means="falls recorded in the last 90 days", group="function_falls")
falls_3y = count("function.falls", over=years(3), missing=0, means="falls recorded in the last 3 years", group="function_falls")
falls_known_for = days_since_first("function.falls", missing=None, means="days since a fall was first recorded", unit="days", group="function_falls")
fractures_3y = count("condition.fragility_fracture", over=years(3), missing=0, means="fragility fractures recorded in the last 3 years", group="condition_fragility_fracture")
palliative_1y = ever("condition.palliative", over=years(1), missing=0, means="palliative or end of life care in the last year", group="condition_palliative", restricted=True)
delirium_3y = count("condition.delirium", over=years(3), missing=0, means="delirium recorded in the last 3 years", group="condition_delirium")
skin_ulcers_3y = count("condition.skin_ulcer", over=years(3), missing=0, means="skin or pressure ulcers recorded in the last 3 years", group="condition_skin_ulcer")
frailty_recorded = ever(("function.frailty_moderate", "function.frailty_severe"), missing=0, risk_direction=1, means="moderate or severe frailty recorded")
home_visits_recorded_3y = count("function.home_visit", over=years(3), missing=0, means="home visits recorded in the last 3 years", group="function_home_visit")
avoidable_conditions_5y = count(AVOIDABLE, over=years(5), missing=0, means="hospital diagnoses that earlier care often manages, last 5 years")
frailty_points_2y = total("admission.frailty_points", over=years(2), missing=0, risk_direction=1, means="hospital frailty points of the last 2 years (Hospital Frailty Risk Score)")

# Prescribing
prescribed_items_90d = count("rx.item", over=90, missing=0, means="prescribed items in the last 90 days")
prescribed_items_1y = count("rx.item", over=years(1), missing=0, means="prescribed items in the last year")
prescribed_items_trend_1y = trend("rx.item", over=years(1), missing=0, means="prescribed items: last 6 months less the 6 before")
medicine_groups_90d = distinct("rx.item", over=90, missing=0, means="different groups of medicines in the last 90 days")
medicine_groups_1y = distinct("rx.item", over=years(1), missing=0, means="different groups of medicines in the last year")
anticoagulant_items_6m = count("rx.anticoagulant", over=months(6), missing=0, means="blood thinner (anticoagulant): items in the last 6 months", group="rx_anticoagulant")
antidepressant_items_6m = count("rx.antidepressant", over=months(6), missing=0, means="antidepressant: items in the last 6 months", group="rx_antidepressant")
antipsychotic_items_6m = count("rx.antipsychotic", over=months(6), missing=0, means="antipsychotic: items in the last 6 months", group="rx_antipsychotic")
antibacterial_items_6m = count("rx.antibacterial", over=months(6), missing=0, means="antibiotic: items in the last 6 months", group="rx_antibacterial")
opioid_items_6m = count("rx.opioid", over=months(6), missing=0, means="opioid painkiller: items in the last 6 months", group="rx_opioid")
hypnotic_items_6m = count("rx.hypnotic", over=months(6), missing=0, means="sleeping tablet or sedative: items in the last 6 months", group="rx_hypnotic")
nsaid_items_6m = count("rx.nsaid", over=months(6), missing=0, means="anti-inflammatory painkiller: items in the last 6 months", group="rx_nsaid")
systemic_steroid_items_6m = count("rx.systemic_steroid", over=months(6), missing=0, means="steroid tablet: items in the last 6 months", group="rx_systemic_steroid")
insulin_items_6m = count("rx.insulin", over=months(6), missing=0, means="insulin: items in the last 6 months", group="rx_insulin")
oral_antidiabetic_items_6m = count("rx.oral_antidiabetic", over=months(6), missing=0, means="diabetes tablet: items in the last 6 months", group="rx_oral_antidiabetic")
loop_diuretic_items_6m = count("rx.loop_diuretic", over=months(6), missing=0, means="strong water tablet: items in the last 6 months", group="rx_loop_diuretic")
bronchodilator_items_6m = count("rx.bronchodilator", over=months(6), missing=0, means="inhaler that opens the airways: items in the last 6 months", group="rx_bronchodilator")
inhaled_steroid_items_6m = count("rx.inhaled_steroid", over=months(6), missing=0, means="steroid inhaler: items in the last 6 months", group="rx_inhaled_steroid")
statin_items_6m = count("rx.statin", over=months(6), missing=0, means="statin: items in the last 6 months", group="rx_statin")
antiepileptic_items_6m = count("rx.antiepileptic", over=months(6), missing=0, means="medicine for epilepsy or nerve pain: items in the last 6 months", group="rx_antiepileptic")
oral_nutrition_items_6m = count("rx.oral_nutrition", over=months(6), missing=0, means="nutritional supplement: items in the last 6 months", group="rx_oral_nutrition")
laxative_items_6m = count("rx.laxative", over=months(6), missing=0, means="laxative: items in the last 6 months", group="rx_laxative")
proton_pump_inhibitor_items_6m = count("rx.proton_pump_inhibitor", over=months(6), missing=0, means="stomach acid medicine: items in the last 6 months", group="rx_proton_pump_inhibitor")
dementia_items_6m = count("rx.dementia", over=months(6), missing=0, means="dementia medicine: items in the last 6 months", group="rx_dementia")
parkinson_items_6m = count("rx.parkinson", over=months(6), missing=0, means="Parkinson's medicine: items in the last 6 months", group="rx_parkinson")
antibiotic_trend_1y = trend("rx.antibacterial", over=years(1), missing=0, means="antibiotic items: last 6 months less the 6 before", group="rx_antibacterial")
opioid_trend_1y = trend("rx.opioid", over=years(1), missing=0, means="opioid items: last 6 months less the 6 before", group="rx_opioid")
polypharmacy = score(pl.col("medicine_groups_90d") >= 5, missing=0, risk_direction=1, means="5 or more groups of medicines in the last 90 days", group="medicine_groups")
high_polypharmacy = score(pl.col("medicine_groups_90d") >= 10, missing=0, risk_direction=1, means="10 or more groups of medicines in the last 90 days", group="medicine_groups")

# Measurements: the latest value, its age and whether there is one come with the code list
systolic_change_3y = change("measure.systolic", over=years(3), missing=None, means="systolic blood pressure: change over 3 years", unit="mmHg", group="measure_systolic")
diastolic_change_3y = change("measure.diastolic", over=years(3), missing=None, means="diastolic blood pressure: change over 3 years", unit="mmHg", group="measure_diastolic")
bmi_change_3y = change("measure.bmi", over=years(3), missing=None, means="body mass index: change over 3 years", unit="kg/m2", group="measure_bmi")
weight_change_3y = change("measure.weight", over=years(3), missing=None, means="weight: change over 3 years", unit="kg", group="measure_weight")
hba1c_change_3y = change("measure.hba1c", over=years(3), missing=None, means="HbA1c: change over 3 years", unit="mmol/mol", group="measure_hba1c")
egfr_change_3y = change("measure.egfr", over=years(3), missing=None, means="kidney function (eGFR): change over 3 years", unit="mL/min/1.73m2", group="measure_egfr")
creatinine_change_3y = change("measure.creatinine", over=years(3), missing=None, means="creatinine: change over 3 years", unit="umol/L", group="measure_creatinine")
haemoglobin_change_3y = change("measure.haemoglobin", over=years(3), missing=None, means="haemoglobin: change over 3 years", unit="g/L", group="measure_haemoglobin")
cholesterol_change_3y = change("measure.cholesterol", over=years(3), missing=None, means="total cholesterol: change over 3 years", unit="mmol/L", group="measure_cholesterol")
albumin_change_3y = change("measure.albumin", over=years(3), missing=None, means="serum albumin: change over 3 years", unit="g/L", group="measure_albumin")
sodium_change_3y = change("measure.sodium", over=years(3), missing=None, means="sodium: change over 3 years", unit="mmol/L", group="measure_sodium")
crp_change_3y = change("measure.crp", over=years(3), missing=None, means="C-reactive protein: change over 3 years", unit="mg/L", group="measure_crp")
systolic_mean_3y = mean("measure.systolic", over=years(3), missing=None, means="systolic blood pressure: average of 3 years", unit="mmHg", group="measure_systolic")
hba1c_mean_3y = mean("measure.hba1c", over=years(3), missing=None, means="HbA1c: average of 3 years", unit="mmol/mol", group="measure_hba1c")
egfr_mean_3y = mean("measure.egfr", over=years(3), missing=None, means="kidney function (eGFR): average of 3 years", unit="mL/min/1.73m2", group="measure_egfr")
haemoglobin_mean_3y = mean("measure.haemoglobin", over=years(3), missing=None, means="haemoglobin: average of 3 years", unit="g/L", group="measure_haemoglobin")
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
measurements_1y = count(BLOODS, over=years(1), missing=0, means="blood pressure and blood test results in the last year")
measures_never_taken = score(3 - pl.col("measure_systolic_ever") - pl.col("measure_bmi_ever") - pl.col("measure_egfr_ever"), missing=3, means="of blood pressure, BMI and kidney function: how many were not measured in sight")

# Lifestyle
smokes_now = score((pl.col("lifestyle_smoker_ever") == 1) & (pl.col("lifestyle_smoker_days_since") <= pl.min_horizontal("lifestyle_ex_smoker_days_since", "lifestyle_never_smoked_days_since").fill_null(1e9)), missing=0, risk_direction=1, means="smoker by the latest entry", group="smoking")
smoking_known = score(pl.max_horizontal("lifestyle_smoker_ever", "lifestyle_ex_smoker_ever", "lifestyle_never_smoked_ever"), missing=0, means="smoking status recorded", group="smoking")
alcohol_units_high = score(pl.col("measure_alcohol_units_latest") > 35, missing=0, means="more than 35 units of alcohol a week by the latest entry", group="alcohol")
