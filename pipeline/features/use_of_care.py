"""Features of care use: how much hospital, emergency and GP care a person has used, how recently, and whether it is
rising.
"""

# ruff: noqa: E501, PLR2004 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

import polars as pl

from pipeline.features.declare import count, days_since_last, fact, mean, score, total, trend, years

FAMILY = "use_of_care"


# Emergency admissions
emergency_admissions_30d = count("admission.unplanned", over=30, missing=0, risk_direction=1, means="emergency admission(s) in the {window}")
emergency_admissions_90d = count("admission.unplanned", over=90, missing=0, risk_direction=1, means="emergency admission(s) in the {window}")
emergency_admissions_1y = count("admission.unplanned", over=years(1), missing=0, risk_direction=1, means="emergency admission(s) in the {window}")
emergency_admissions_2y = count("admission.unplanned", over=years(2), missing=0, risk_direction=1, means="emergency admission(s) in the {window}")
emergency_admissions_3y = count("admission.unplanned", over=years(3), missing=0, risk_direction=1, means="emergency admission(s) in the {window}")
emergency_admissions_5y = count("admission.unplanned", over=years(5), missing=0, risk_direction=1, means="emergency admission(s) in the {window}")
emergency_admissions_trend_1y = trend("admission.unplanned", over=years(1), missing=0, means="emergency admissions: last 6 months minus the 6 months before", says="{n} more emergency admission(s) in the last 6 months than in the 6 months before")
emergency_bed_days_90d = total("admission.unplanned", over=90, missing=0, means="day(s) in hospital after emergency admissions in the {window}")
emergency_bed_days_1y = total("admission.unplanned", over=years(1), missing=0, means="day(s) in hospital after emergency admissions in the {window}")
emergency_bed_days_3y = total("admission.unplanned", over=years(3), missing=0, means="day(s) in hospital after emergency admissions in the {window}")
emergency_bed_days_5y = total("admission.unplanned", over=years(5), missing=0, means="day(s) in hospital after emergency admissions in the {window}")
emergency_stay_mean_5y = mean("admission.unplanned", over=years(5), missing=None, means="average days of an emergency stay, {window}", says="emergency stays of {length} on average, {window}", unit="days")
same_day_emergencies_1y = count("admission.same_day", over=years(1), missing=0, means="emergency admission(s) without an overnight stay in the {window}")
same_day_emergencies_5y = count("admission.same_day", over=years(5), missing=0, means="emergency admission(s) without an overnight stay in the {window}")
days_since_emergency_admission = days_since_last("admission.unplanned", missing=None, means="days since the last emergency admission", says="last emergency admission {ago}", unit="days")
readmissions_1y = count("admission.readmission", over=years(1), missing=0, means="emergency return(s) to hospital within 30 days, {window}")
readmissions_5y = count("admission.readmission", over=years(5), missing=0, means="emergency return(s) to hospital within 30 days, {window}")
days_since_readmission = days_since_last("admission.readmission", missing=None, means="days since an emergency return within 30 days", says="last emergency return within 30 days {ago}", unit="days")
avoidable_admissions_1y = count("admission.acsc", over=years(1), missing=0, means="emergency admission(s) that earlier care might have avoided, {window}")
avoidable_admissions_5y = count("admission.acsc", over=years(5), missing=0, means="emergency admission(s) that earlier care might have avoided, {window}")
days_since_avoidable_admission = days_since_last("admission.acsc", missing=None, means="days since an emergency admission that earlier care might have avoided", says="last emergency admission that earlier care might have avoided {ago}", unit="days")

# Planned and other admissions
admissions_1y = count("admission.any", over=years(1), missing=0, means="hospital stay(s) of any kind in the {window}")
admissions_5y = count("admission.any", over=years(5), missing=0, means="hospital stay(s) of any kind in the {window}")
bed_days_1y = total("admission.any", over=years(1), missing=0, means="day(s) in hospital after admissions of any kind in the {window}")
bed_days_5y = total("admission.any", over=years(5), missing=0, means="day(s) in hospital after admissions of any kind in the {window}")
days_since_admission = days_since_last("admission.any", missing=None, means="days since the last hospital stay began", says="last hospital stay began {ago}", unit="days")
elective_admissions_90d = count("admission.elective", over=90, missing=0, means="planned admission(s) in the {window}")
elective_admissions_1y = count("admission.elective", over=years(1), missing=0, means="planned admission(s) in the {window}")
elective_admissions_5y = count("admission.elective", over=years(5), missing=0, means="planned admission(s) in the {window}")
elective_bed_days_1y = total("admission.elective", over=years(1), missing=0, means="day(s) in hospital after planned admissions in the {window}")
days_since_elective_admission = days_since_last("admission.elective", missing=None, means="days since the last planned admission", says="last planned admission {ago}", unit="days")
day_cases_1y = count("admission.day_case", over=years(1), missing=0, means="day case(s) (planned, without an overnight stay) in the {window}")
day_cases_5y = count("admission.day_case", over=years(5), missing=0, means="day case(s) (planned, without an overnight stay) in the {window}")
overnight_stays_1y = count("admission.overnight", over=years(1), missing=0, means="overnight hospital stay(s) in the {window}")
overnight_stays_5y = count("admission.overnight", over=years(5), missing=0, means="overnight hospital stay(s) in the {window}")
maternity_admissions_1y = count("admission.maternity", over=years(1), missing=0, means="maternity admission(s) in the {window}")
maternity_admissions_5y = count("admission.maternity", over=years(5), missing=0, means="maternity admission(s) in the {window}")
other_admissions_1y = count("admission.other", over=years(1), missing=0, means="transfers and other admissions in the {window}", singular="{n} transfer or other admission in the {window}")
other_admissions_5y = count("admission.other", over=years(5), missing=0, means="transfers and other admissions in the {window}", singular="{n} transfer or other admission in the {window}")

# A&E
ae_attendances_30d = count("ae.any", over=30, missing=0, means="A&E visit(s) in the {window}")
ae_attendances_90d = count("ae.any", over=90, missing=0, means="A&E visit(s) in the {window}")
ae_attendances_1y = count("ae.any", over=years(1), missing=0, means="A&E visit(s) in the {window}")
ae_attendances_3y = count("ae.any", over=years(3), missing=0, means="A&E visit(s) in the {window}")
ae_attendances_5y = count("ae.any", over=years(5), missing=0, means="A&E visit(s) in the {window}")
ae_attendances_trend_1y = trend("ae.any", over=years(1), missing=0, means="A&E visits: last 6 months minus the 6 months before", says="{n} more A&E visit(s) in the last 6 months than in the 6 months before")
days_since_ae = days_since_last("ae.any", missing=None, means="days since the last A&E visit", says="last A&E visit {ago}", unit="days")
ae_major_90d = count("ae.major", over=90, missing=0, means="visit(s) to a major A&E department in the {window}")
ae_major_1y = count("ae.major", over=years(1), missing=0, means="visit(s) to a major A&E department in the {window}")
ae_major_5y = count("ae.major", over=years(5), missing=0, means="visit(s) to a major A&E department in the {window}")
ae_specialty_1y = count("ae.specialty", over=years(1), missing=0, means="visit(s) to a single-specialty A&E department in the {window}")
ae_minor_90d = count("ae.minor", over=90, missing=0, means="visit(s) to a minor injury unit or walk-in centre in the {window}")
ae_minor_1y = count("ae.minor", over=years(1), missing=0, means="visit(s) to a minor injury unit or walk-in centre in the {window}")
ae_ambulance_90d = count("ae.ambulance", over=90, missing=0, means="A&E visit(s) by ambulance in the {window}")
ae_ambulance_1y = count("ae.ambulance", over=years(1), missing=0, means="A&E visit(s) by ambulance in the {window}")
ae_ambulance_3y = count("ae.ambulance", over=years(3), missing=0, means="A&E visit(s) by ambulance in the {window}")
days_since_ae_ambulance = days_since_last("ae.ambulance", missing=None, means="days since the last A&E visit by ambulance", says="last A&E visit by ambulance {ago}", unit="days")
ae_urgent_1y = count("ae.urgent", over=years(1), missing=0, means="very urgent A&E visit(s) in the {window}")
ae_urgent_3y = count("ae.urgent", over=years(3), missing=0, means="very urgent A&E visit(s) in the {window}")
days_since_ae_urgent = days_since_last("ae.urgent", missing=None, means="days since the last very urgent A&E visit", says="last very urgent A&E visit {ago}", unit="days")
ae_low_acuity_1y = count("ae.low_acuity", over=years(1), missing=0, means="less urgent A&E visit(s) in the {window}")
ae_low_acuity_3y = count("ae.low_acuity", over=years(3), missing=0, means="less urgent A&E visit(s) in the {window}")
ae_admitted_1y = count("ae.admitted", over=years(1), missing=0, means="A&E visit(s) that ended in admission in the {window}")
ae_admitted_3y = count("ae.admitted", over=years(3), missing=0, means="A&E visit(s) that ended in admission in the {window}")

# Outpatients
outpatient_attended_90d = count("outpatient.attended", over=90, missing=0, means="outpatient appointment(s) attended in the {window}")
outpatient_attended_1y = count("outpatient.attended", over=years(1), missing=0, means="outpatient appointment(s) attended in the {window}")
outpatient_attended_3y = count("outpatient.attended", over=years(3), missing=0, means="outpatient appointment(s) attended in the {window}")
outpatient_trend_1y = trend("outpatient.attended", over=years(1), missing=0, means="outpatient appointments: last 6 months minus the 6 months before", says="{n} more outpatient appointment(s) in the last 6 months than in the 6 months before")
outpatient_first_1y = count("outpatient.first", over=years(1), missing=0, means="first outpatient appointment(s) in the {window}")
outpatient_first_3y = count("outpatient.first", over=years(3), missing=0, means="first outpatient appointment(s) in the {window}")
outpatient_follow_up_1y = count("outpatient.follow_up", over=years(1), missing=0, means="follow-up outpatient appointment(s) in the {window}")
outpatient_missed_1y = count("outpatient.dna", over=years(1), missing=0, means="outpatient appointment(s) missed in the {window}")
outpatient_missed_3y = count("outpatient.dna", over=years(3), missing=0, means="outpatient appointment(s) missed in the {window}")
outpatient_cancelled_1y = count("outpatient.cancelled", over=years(1), missing=0, means="outpatient appointment(s) cancelled in the {window}")
days_since_outpatient = days_since_last("outpatient.attended", missing=None, means="days since the last outpatient appointment", says="last outpatient appointment {ago}", unit="days")
days_since_outpatient_missed = days_since_last("outpatient.dna", missing=None, means="days since an outpatient appointment was missed", says="outpatient appointment was missed {ago}", unit="days")

# General practice
gp_appointments_30d = count("appointment.attended", over=30, missing=0, means="GP appointment(s) in the {window}")
gp_appointments_90d = count("appointment.attended", over=90, missing=0, means="GP appointment(s) in the {window}")
gp_appointments_1y = count("appointment.attended", over=years(1), missing=0, means="GP appointment(s) in the {window}")
gp_appointments_3y = count("appointment.attended", over=years(3), missing=0, means="GP appointment(s) in the {window}")
gp_appointments_5y = count("appointment.attended", over=years(5), missing=0, means="GP appointment(s) in the {window}")
gp_appointments_trend_90d = trend("appointment.attended", over=90, missing=0, means="GP appointments: last 45 days minus the 45 days before", says="{n} more GP appointment(s) in the last 45 days than in the 45 days before")
gp_appointments_trend_1y = trend("appointment.attended", over=years(1), missing=0, means="GP appointments: last 6 months minus the 6 months before", says="{n} more GP appointment(s) in the last 6 months than in the 6 months before")
days_since_gp_appointment = days_since_last("appointment.attended", missing=None, means="days since the last GP appointment", says="last GP appointment {ago}", unit="days")
gp_face_to_face_90d = count("appointment.face_to_face", over=90, missing=0, means="GP appointment(s) in person in the {window}")
gp_face_to_face_1y = count("appointment.face_to_face", over=years(1), missing=0, means="GP appointment(s) in person in the {window}")
gp_telephone_90d = count("appointment.telephone", over=90, missing=0, means="GP appointment(s) by telephone in the {window}")
gp_telephone_1y = count("appointment.telephone", over=years(1), missing=0, means="GP appointment(s) by telephone in the {window}")
gp_video_1y = count("appointment.video", over=years(1), missing=0, means="GP appointment(s) by video in the {window}")
gp_home_visits_90d = count("appointment.home_visit", over=90, missing=0, means="GP home visit(s) in the {window}")
gp_home_visits_1y = count("appointment.home_visit", over=years(1), missing=0, means="GP home visit(s) in the {window}")
gp_home_visits_3y = count("appointment.home_visit", over=years(3), missing=0, means="GP home visit(s) in the {window}")
days_since_home_visit = days_since_last("appointment.home_visit", missing=None, means="days since the last GP home visit", says="last GP home visit {ago}", unit="days")
gp_missed_90d = count("appointment.dna", over=90, missing=0, means="GP appointment(s) missed in the {window}")
gp_missed_1y = count("appointment.dna", over=years(1), missing=0, means="GP appointment(s) missed in the {window}")
gp_missed_3y = count("appointment.dna", over=years(3), missing=0, means="GP appointment(s) missed in the {window}")
days_since_gp_missed = days_since_last("appointment.dna", missing=None, means="days since a GP appointment was missed", says="GP appointment was missed {ago}", unit="days")
gp_cancelled_1y = count("appointment.cancelled", over=years(1), missing=0, means="GP appointment(s) cancelled in the {window}")
gp_record_entries_90d = count("gp.event", over=90, missing=0, means="entries in the GP record in the {window}", singular="{n} entry in the GP record in the {window}", bare=True)
gp_record_entries_1y = count("gp.event", over=years(1), missing=0, means="entries in the GP record in the {window}", singular="{n} entry in the GP record in the {window}", bare=True)
gp_record_entries_trend_1y = trend("gp.event", over=years(1), missing=0, means="entries in the GP record: last 6 months minus the 6 months before", says="{n} more entries in the GP record in the last 6 months than in the 6 months before", singular="{n} more entry in the GP record in the last 6 months than in the 6 months before", bare=True)
days_since_gp_record_entry = days_since_last("gp.event", missing=None, means="days since the last entry in the GP record", says="last entry in the GP record {ago}", unit="days", bare=True)

# Contact with any part of the NHS
SEEN = ("appointment.attended", "outpatient.attended", "ae.any", "admission.any")
days_since_any_contact = days_since_last(SEEN, missing=None, means="days since anyone in the NHS last saw the person", says="last seen by anyone in the NHS {ago}", unit="days")
contacts_1y = count(SEEN, over=years(1), missing=0, means="time(s) seen by GP, clinic, A&E or hospital in the {window}", says="seen {times} by GP, clinic, A&E or hospital in the {window}")
contacts_trend_1y = trend(SEEN, over=years(1), missing=0, means="times seen anywhere: last 6 months minus the 6 months before", says="seen {n} more time(s) in the last 6 months than in the 6 months before")
months_since_any_contact = score((pl.col("days_since_any_contact") / 30.4375).floor(), missing=None, means="months since anyone in the NHS last saw the person", unit="months")
gp_missed_share_3y = score(pl.col("gp_missed_3y") / (pl.col("gp_missed_3y") + pl.col("gp_appointments_3y")), over=years(3), missing=None, means="share of GP appointments missed in the {window}", says="{percent} of GP appointments missed in the {window}")
outpatient_missed_share_3y = score(pl.col("outpatient_missed_3y") / (pl.col("outpatient_missed_3y") + pl.col("outpatient_attended_3y")), over=years(3), missing=None, means="share of outpatient appointments missed in the {window}", says="{percent} of outpatient appointments missed in the {window}")
emergency_share_5y = score(pl.col("emergency_admissions_5y") / pl.col("admissions_5y"), over=years(5), missing=None, means="share of hospital stays that were emergencies, {window}", says="{percent} of hospital stays that were emergencies, {window}")

# Compared with the practice's average
practice_gp_appointments = fact(pl.col("practice_gp_visits"), missing=None, means="GP appointments per person and year at the practice", inferred=True, group="gp_norm")
gp_appointments_over_norm = score(pl.col("gp_appointments_1y") - pl.col("practice_gp_appointments"), over=years(1), missing=None, means="more GP appointments in the {window} than the practice's average", bare=True, group="gp_norm")
frequent_attender = score((pl.col("gp_appointments_1y") >= 6) & (pl.col("gp_appointments_1y") > 3 * pl.col("practice_gp_appointments")), missing=0, means="more than three times as many GP appointments as the practice's average", group="gp_norm")
