"""Tables of hospital care: admissions, emergency-care attendances, outpatient appointments."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from data_schemas.columns import day, person_id, row_id, text, whole

ADMISSION_METHOD = {
    "11": "Elective: waiting list",
    "12": "Elective: booked",
    "13": "Elective: planned",
    "21": "Emergency: emergency department or dental casualty of this provider",
    "22": "Emergency: general practitioner",
    "23": "Emergency: bed bureau",
    "24": "Emergency: consultant clinic",
    "25": "Emergency: mental health crisis resolution team",
    "28": "Emergency: other means",
    "2A": "Emergency: emergency department of another provider",
    "2B": "Emergency: transfer of an admitted patient from another provider",
    "2C": "Emergency: baby born at home as intended",
    "2D": "Emergency: other",
    "31": "Maternity: ante partum",
    "32": "Maternity: post partum",
    "81": "Transfer from another provider, not an emergency",
    "82": "Birth in this provider",
    "83": "Birth outside this provider, not at home as intended",
    "98": "Not applicable",
    "99": "Not known",
}
UNPLANNED_METHODS = ("21", "22", "23", "24", "25", "28", "2A", "2D")
"""Admission methods that count as the outcome. 2B (transfer in) and 2C (birth at home) are left out on purpose."""

TRANSFERS_IN = ("2B", "81")
"""Admission methods of people who were in-patients at another provider."""

OTHER_HOSPITALS = ("49", "50", "51", "52", "53", "84", "87")
"""Discharge destinations (HES DISDEST) that are other hospitals."""

DISCHARGE_METHOD = {
    "1": "On clinical advice",
    "2": "Discharged by the person or a relative (historic)",
    "3": "By tribunal, Home Secretary or court",
    "4": "Died",
    "5": "Stillbirth",
    "6": "Discharged by the person",
    "7": "Discharged by a relative or advocate",
    "8": "Not applicable: not yet discharged",
    "9": "Not known",
}
UNFINISHED_DISCHARGES = ("8", "9")
"""Discharge methods (and an empty one) that do not end a spell if another episode starts the same day."""

DEPARTMENT_TYPE = {
    "01": "Consultant-led, 24 hours, full resuscitation (type 1)",
    "02": "Consultant-led, one specialty",
    "03": "Other, minor injury or urgent treatment centre",
    "04": "NHS walk-in centre",
}
ATTENDED = {
    "0": "Not applicable: appointment in the future",
    "2": "Cancelled by the person",
    "3": "Did not attend, without warning",
    "4": "Cancelled or postponed by the provider",
    "5": "Seen, on time",
    "6": "Seen, arrived late",
    "7": "Arrived late, could not be seen",
}
DIAGNOSES = tuple(f"diag_{position:02d}" for position in range(1, 21))
FURTHER_DIAGNOSES = "further_diagnoses"
"""Column for diagnoses after the twentieth."""
DIAGNOSIS_PATTERNS = {
    "icd10": r"^[A-Z][0-9][0-9A-Z](\.?[0-9A-Z-]{1,4})?[ADadXx*†+]{0,2}$",
    "icd9": r"^([0-9]{3}|V[0-9]{2}|E[0-9]{3})(\.?[0-9]{1,2})?$",
    "any": r"^\S+$",
}
"""Well-formed diagnosis codes under each `diag_system`. Others give a warning, never a reject."""

_DIAGNOSIS_SOURCE = "HES APC DIAG_nn (DIAG_4_nn), ICD-10"


class Admissions(dy.Schema):
    """Finished consultant episodes or whole spells; episodes are joined into spells before anything is counted."""

    person_id = person_id()
    admission_date = day("Day of admission of the spell.", "HES APC ADMIDATE", required=True)
    discharge_date = day("Day of discharge of the spell; empty = still in.", "HES APC DISDATE")
    admission_method = text(
        "How the person came to be admitted.", "HES APC ADMIMETH", required=True, values=ADMISSION_METHOD
    )
    discharge_method = text("How the stay ended: 4 died, 8 not yet discharged, 9 not known.", "HES APC DISMETH")
    discharge_destination = text("Where the person went.", "HES APC DISDEST")
    provider_code = text("Hospital provider.", "HES APC PROCODE, ODS")
    episode_order = whole("Place of the episode in its spell; 1 admits.", "HES APC EPIORDER")
    episode_start = day("First day of the episode.", "HES APC EPISTART")
    episode_end = day("Last day of the episode; empty = unfinished.", "HES APC EPIEND")
    specialty = text("Treatment function or main specialty.", "HES APC TRETSPEF, MAINSPEF")
    diag_01 = text("Primary diagnosis, with or without the dot.", _DIAGNOSIS_SOURCE)
    diag_02 = text("Secondary diagnosis 2.", _DIAGNOSIS_SOURCE)
    diag_03 = text("Secondary diagnosis 3.", _DIAGNOSIS_SOURCE)
    diag_04 = text("Secondary diagnosis 4.", _DIAGNOSIS_SOURCE)
    diag_05 = text("Secondary diagnosis 5.", _DIAGNOSIS_SOURCE)
    diag_06 = text("Secondary diagnosis 6.", _DIAGNOSIS_SOURCE)
    diag_07 = text("Secondary diagnosis 7.", _DIAGNOSIS_SOURCE)
    diag_08 = text("Secondary diagnosis 8.", _DIAGNOSIS_SOURCE)
    diag_09 = text("Secondary diagnosis 9.", _DIAGNOSIS_SOURCE)
    diag_10 = text("Secondary diagnosis 10.", _DIAGNOSIS_SOURCE)
    diag_11 = text("Secondary diagnosis 11.", _DIAGNOSIS_SOURCE)
    diag_12 = text("Secondary diagnosis 12.", _DIAGNOSIS_SOURCE)
    diag_13 = text("Secondary diagnosis 13.", _DIAGNOSIS_SOURCE)
    diag_14 = text("Secondary diagnosis 14.", _DIAGNOSIS_SOURCE)
    diag_15 = text("Secondary diagnosis 15.", _DIAGNOSIS_SOURCE)
    diag_16 = text("Secondary diagnosis 16.", _DIAGNOSIS_SOURCE)
    diag_17 = text("Secondary diagnosis 17.", _DIAGNOSIS_SOURCE)
    diag_18 = text("Secondary diagnosis 18.", _DIAGNOSIS_SOURCE)
    diag_19 = text("Secondary diagnosis 19.", _DIAGNOSIS_SOURCE)
    diag_20 = text("Secondary diagnosis 20.", _DIAGNOSIS_SOURCE)
    further_diagnoses = text(
        "Diagnoses after the twentieth, in one text, with blanks, commas or bars between them.", "SUS Der_Diagnosis_All"
    )
    row_id = row_id()

    @dy.rule()
    def discharge_before_admission(cls) -> pl.Expr:  # noqa: N805
        """A discharge cannot come before the admission."""
        return cls.discharge_date.col >= cls.admission_date.col


class Attendances(dy.Schema):
    """One row per arrival in emergency care."""

    person_id = person_id()
    arrival_date = day("Day of arrival.", "HES AE ARRIVALDATE; ECDS arrival date", required=True)
    department_type = text("Kind of department.", "HES AE AEDEPTTYPE; ECDS department type", values=DEPARTMENT_TYPE)
    acuity = text("Acuity at first assessment, 1 (immediate) to 5 (low), or its SNOMED CT code.", "ECDS acuity")
    arrival_mode = text(
        "How the person came: 1 by ambulance, 2 otherwise, or the ECDS SNOMED CT code.", "AEARRIVALMODE"
    )
    discharge_destination = text(
        "Where the person went: HES attendance disposal or the ECDS SNOMED CT code.", "AEATTENDDISP; ECDS"
    )
    row_id = row_id()


class Outpatients(dy.Schema):
    """One row per outpatient appointment."""

    person_id = person_id()
    appointment_date = day("Day of the appointment.", "HES OP APPTDATE", required=True)
    attended = text("Whether the person was seen.", "HES OP ATTENDED", required=True, values=ATTENDED)
    specialty = text("Treatment function or main specialty.", "HES OP TRETSPEF, MAINSPEF")
    first_attendance = text("1 or 3 first, 2 or 4 follow-up (3, 4: by telephone or telemedicine).", "HES OP FIRSTATT")
    row_id = row_id()
