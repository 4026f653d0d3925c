"""Puts outcomes, and what was known about people at the start, into plain words."""

from __future__ import annotations

NAMES = {
    "any_admission": "any hospital stay",
    "unplanned_admission": "an unplanned hospital stay",
    "acsc_admission": "a hospital stay that good care nearby can often prevent",
    "unplanned_or_death": "an unplanned hospital stay or death",
    "ae_attendance": "a visit to A&E",
    "death": "death",
    "admissions": "hospital stays",
    "unplanned_admissions": "unplanned hospital stays",
    "bed_days": "days in hospital",
    "ae_attendances": "visits to A&E",
    "planned_cataract_admission": "planned cataract operations",
    "admissions_month_before": "hospital stays in the month before",
}
KNOWN = {
    "sex_male": "being male",
    "logit_risk": "predicted risk",
    "risk_when_drawn": "predicted risk when drawn",
    "admissions_year_before": "hospital stays in the year before",
    "unplanned_admissions_year_before": "unplanned hospital stays in the year before",
    "bed_days_year_before": "days in hospital in the year before",
    "ae_attendances_year_before": "visits to A&E in the year before",
}
"""Facts known at the start → plain words."""


def known(name: str) -> str:
    """Something known at the start, in plain words."""
    return KNOWN.get(name, name.replace("_", " "))


def named(outcome: str) -> str:
    """An outcome in plain words."""
    return NAMES.get(outcome, outcome.replace("_", " "))
