"""Features of strengths: what protects a person and what a conversation can build on."""

# ruff: noqa: E501, PLR2004 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

import polars as pl

from pipeline.features.declare import count, ever, fact, score, years

FAMILY = "strength"

VACCINES = ("strength.flu_vaccination", "strength.pneumococcal_vaccination", "strength.shingles_vaccination", "strength.covid_vaccination")
SCREENING = ("strength.bowel_screening", "strength.breast_screening", "strength.health_check")

flu_vaccinated_1y = ever("strength.flu_vaccination", over=years(1), missing=0, means="had a flu vaccination in the {window}", strength=True, group="vaccination")
covid_vaccinated_1y = ever("strength.covid_vaccination", over=years(1), missing=0, means="had a COVID-19 vaccination in the {window}", strength=True, group="vaccination")
vaccinations_5y = count(VACCINES, over=years(5), missing=0, means="vaccination(s) taken up in the {window}", strength=True, group="vaccination")
screened_3y = ever(SCREENING, over=years(3), missing=0, means="took part in screening or an NHS Health Check in the {window}", strength=True, group="screening")
medication_reviewed_1y = ever("strength.medication_review", over=years(1), missing=0, means="had a medication review in the {window}", strength=True, group="review")
self_management_reviewed_1y = ever("strength.self_management", over=years(1), missing=0, means="reviewed a long-term condition and how to manage it in the {window}", strength=True, group="self_management")
active_lifestyle_3y = ever("strength.active_lifestyle_referral", over=years(3), missing=0, means="took up an activity or healthy lifestyle programme in the {window}", strength=True, group="activity")
physically_active = ever("strength.active", over=years(3), missing=0, means="recorded as physically active in the {window}", strength=True, group="activity")
in_a_group = ever("strength.group", over=years(3), missing=0, means="member of a group or club, recorded in the {window}", strength=True, group="community")
volunteers = ever("strength.volunteering", over=years(3), missing=0, means="volunteers, recorded in the {window}", strength=True, group="community")
in_work = ever("strength.employed", over=years(3), missing=0, means="in work, recorded in the {window}", strength=True, group="work")
drinks_sensibly_3y = ever("strength.drinks_sensibly", over=years(3), missing=0, means="drinks little or no alcohol, recorded in the {window}", strength=True, group="alcohol")
lives_with_others = fact(pl.col("household_size").is_between(2, 10), missing=0, means="lives with others, by address", strength=True, group="lives_with_others")
lives_with_adult = fact((pl.col("household_adults") - (pl.col("age") >= 18) > 0) & (pl.col("household_size") <= 10), missing=0, means="lives with another adult, by address", strength=True, group="lives_with_others")
settled_at_address = score(pl.col("registered_days") >= 1825, missing=0, means="registered with the same practice for 5 years or more", strength=True, group="settled")
does_not_smoke = score((pl.col("smoking_known") == 1) & (pl.col("smokes_now") == 0), missing=0, means="does not smoke, by the latest entry", strength=True, group="smoking")
keeps_appointments = score((pl.col("gp_appointments_1y") + pl.col("outpatient_attended_1y") >= 2) & (pl.col("gp_missed_1y") + pl.col("outpatient_missed_1y") == 0), over=years(1), missing=0, means="kept every appointment of the {window}", strength=True, group="keeps_appointments")
kept_appointments_share = score(pl.col("gp_appointments_1y") / (pl.col("gp_appointments_1y") + pl.col("gp_missed_1y")), over=years(1), missing=None, means="share of GP appointments kept in the {window}", says="{percent} of GP appointments kept in the {window}", strength=True, group="keeps_appointments")
strengths = score(pl.sum_horizontal("flu_vaccinated_1y", "screened_3y", "medication_reviewed_1y", "self_management_reviewed_1y", "active_lifestyle_3y", "physically_active", "in_a_group", "volunteers", "in_work", "drinks_sensibly_3y", "lives_with_others", "does_not_smoke", "keeps_appointments"), missing=0, means="strengths recorded", inferred=True, strength=True, group="strengths")
