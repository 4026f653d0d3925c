"""Tables of the general practice record: registrations, coded events, prescriptions, appointments, opt-outs."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from data_schemas.columns import day, month, number, person_id, row_id, text

PRACTICE_CODE = r"^[A-Z][0-9]{5}$"
PRACTICE_FORM = "a capital letter and five digits, such as P92001"
AREA_CODE = r"^(?:(?:E01|W01|S01|N20|N21)[0-9]{6}|95[A-Z]{2}[0-9]{2}[SW][0-9])$"
"""Small areas of the four nations: LSOAs, Scottish data zones, Northern Irish data zones and super output areas."""
AREA_FORM = "the code of a small area: E01, W01, S01, N20 or N21 and six digits, such as E01006220"

SEX = {"1": "Male", "2": "Female", "9": "Not specified", "0": "Not known"}
ETHNICITY = {
    "A": "White: British",
    "B": "White: Irish",
    "C": "White: any other White background",
    "D": "Mixed: White and Black Caribbean",
    "E": "Mixed: White and Black African",
    "F": "Mixed: White and Asian",
    "G": "Mixed: any other mixed background",
    "H": "Asian or Asian British: Indian",
    "J": "Asian or Asian British: Pakistani",
    "K": "Asian or Asian British: Bangladeshi",
    "L": "Asian or Asian British: any other Asian background",
    "M": "Black or Black British: Caribbean",
    "N": "Black or Black British: African",
    "P": "Black or Black British: any other Black background",
    "R": "Other ethnic groups: Chinese",
    "S": "Other ethnic groups: any other ethnic group",
    "Z": "Not stated",
    "99": "Not known",
}
ETHNIC_GROUPS = (
    dict.fromkeys("ABC", "White")
    | dict.fromkeys("DEFG", "Mixed or multiple")
    | dict.fromkeys("HJKLR", "Asian")
    | dict.fromkeys("MNP", "Black")
    | {"S": "Other"}
)
"""Ethnic group code → one of the five groups of the 2021 census (ONS). Chinese counts as Asian. Not stated and not
known are in no group.
"""
APPOINTMENT_STATUS = {
    "attended": "The person was seen",
    "dna": "Did not attend, without warning",
    "cancelled": "Cancelled by the person or the practice",
}
APPOINTMENT_MODE = {
    "face_to_face": "In the surgery",
    "telephone": "By telephone",
    "video": "By video or online",
    "home_visit": "At the person's home",
}
OPT_OUT_KIND = {
    "type1": "Type 1: the practice must not share the record",
    "national": "National data opt-out",
}


class Registrations(dy.Schema):
    """One row per spell of registration: a person is registered on the days with `registered_from` ≤ day <
    `registered_to`."""

    person_id = person_id()
    practice_code = text(
        "Practice that the person is registered with.",
        "ODS practice code; EMIS OrganisationGuid through the site's look-up; GDPPR PRACTICE",
        required=True,
        pattern=PRACTICE_CODE,
        form=PRACTICE_FORM,
    )
    registered_from = day("First day of the registration.", "EMIS DateOfRegistration; PDS", required=True)
    registered_to = day("First day no longer registered; empty = still registered.", "EMIS DateOfDeactivation; PDS")
    birth_month = month(
        "Month of birth, as its first day. A full birth date is identifiable and refused.",
        "EMIS DateOfBirth cut to the month; HES MYDOB",
        required=True,
    )
    sex = text("Sex as registered.", "NHS Data Dictionary PERSON GENDER CODE CURRENT", required=True, values=SEX)
    ethnicity = text("Ethnic category, 16+1.", "NHS Data Dictionary ETHNIC CATEGORY (HES ETHNOS)", values=ETHNICITY)
    lsoa_code = text(
        "Small area (LSOA) of residence; areas outside England are valid and have no English figures.",
        "ONS LSOA, derived at the source",
        pattern=AREA_CODE,
        form=AREA_FORM,
    )
    household_id = text(
        "Pseudonym of the address: the same for people who live together.", "UPRN, pseudonymised at the source"
    )
    death_date = day("Day of death. Someone who dies on an as-of date is alive that day.", "EMIS DateOfDeath; ONS")
    row_id = row_id()

    @dy.rule()
    def registered_to_before_registered_from(cls) -> pl.Expr:  # noqa: N805
        """A registration cannot end before it starts."""
        return cls.registered_to.col >= cls.registered_from.col


class GpEvents(dy.Schema):
    """One row per coded entry in the GP record."""

    person_id = person_id()
    event_date = day("Day on which the event happened.", "GDPPR DATE; EMIS EffectiveDate", required=True)
    recorded_date = day(
        "Day on which the practice knew about it; empty = the event date.", "GDPPR RECORD_DATE; EMIS EnteredDateTime"
    )
    code = text("SNOMED CT concept id or the site's own code.", "GDPPR CODE; EMIS CodeId looked up", required=True)
    value = number("Number recorded with the code.", "GDPPR VALUE1_CONDITION; EMIS Value")
    unit = text("Unit of the value.", "EMIS NumericUnit")
    row_id = row_id()


class Prescriptions(dy.Schema):
    """One row per item issued."""

    person_id = person_id()
    issue_date = day("Day of issue.", "EMIS Prescribing_IssueRecord; GDPPR DATE", required=True)
    bnf_code = text(
        "BNF code or a leading part of it; empty = an item of unknown kind. Matched by prefix.",
        "NHSBSA BNF classification",
    )
    quantity = number("Quantity supplied, in the item's own units.", "EMIS Prescribing_IssueRecord")
    row_id = row_id()


class Appointments(dy.Schema):
    """One row per booked appointment in general practice."""

    person_id = person_id()
    appointment_date = day("Day of the appointment.", "EMIS AppointmentStartDateTime; TPP start_date", required=True)
    status = text("What happened to it.", "EMIS DidNotAttend; TPP status", required=True, values=APPOINTMENT_STATUS)
    mode = text("How the person was seen.", "The practice's slot type", values=APPOINTMENT_MODE)
    row_id = row_id()


class OptOuts(dy.Schema):
    """People who are removed before anything else is worked out."""

    person_id = person_id()
    kind = text("Which opt-out.", "GP record; national data opt-out", required=True, values=OPT_OUT_KIND)
    row_id = row_id()
