"""Features of deprivation, household, housing, money, work, and care given and received.

A 0 means that nothing is recorded, not "no", because these codes are rarely entered.
"""

# ruff: noqa: E501, PLR2004 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

import polars as pl

from pipeline.features.declare import count, ever, fact, score, total, years

FAMILY = "social"

# The area
imd_decile = fact(pl.col("imd_decile"), missing=None, risk_direction=-1, means="deprivation of the home's area, tenth of England (1 = most deprived)", says="home in one of the {tenth} most deprived areas of England", unit="tenth", area=True, group="deprivation")
income_decile = fact(pl.col("income_decile"), missing=None, means="income of the home's area, tenth of England (1 = most deprived)", says="home in one of the {tenth} worst areas of England for income", unit="tenth", area=True, group="deprivation")
employment_decile = fact(pl.col("employment_decile"), missing=None, means="employment in the home's area, tenth of England (1 = most deprived)", says="home in one of the {tenth} worst areas of England for employment", unit="tenth", area=True, group="deprivation")
education_decile = fact(pl.col("education_decile"), missing=None, means="education in the home's area, tenth of England (1 = most deprived)", says="home in one of the {tenth} worst areas of England for education", unit="tenth", area=True, group="deprivation")
health_decile = fact(pl.col("health_decile"), missing=None, means="health of the home's area, tenth of England (1 = most deprived)", says="home in one of the {tenth} worst areas of England for health", unit="tenth", area=True, group="deprivation")
crime_decile = fact(pl.col("crime_decile"), missing=None, means="crime in the home's area, tenth of England (1 = most)", says="home in one of the {tenth} worst areas of England for crime", unit="tenth", area=True, group="deprivation")
barriers_decile = fact(pl.col("barriers_decile"), missing=None, means="barriers to housing and services in the home's area, tenth of England (1 = most)", says="home in one of the {tenth} worst areas of England for barriers to housing and services", unit="tenth", area=True, group="deprivation")
environment_decile = fact(pl.col("environment_decile"), missing=None, means="living environment of the home's area, tenth of England (1 = worst)", says="home in one of the {tenth} worst areas of England for living environment", unit="tenth", area=True, group="deprivation")
most_deprived_fifth = fact(pl.col("imd_decile") <= 2, missing=None, means="lives in the most deprived fifth of England", area=True, group="deprivation")

# The household: everyone registered at the same pseudonymised address
household_size = fact(pl.col("household_size"), missing=None, means="people registered at the address", unit="people", group="household")
household_alone = fact(pl.col("household_size") == 1, missing=None, means="nobody else is registered at the address", group="lives_alone")
older_alone = fact((pl.col("household_size") == 1) & (pl.col("age") >= 65), missing=None, means="65 or older with nobody else registered at the address", group="lives_alone")
older_partner_only = fact((pl.col("household_size") == 2) & (pl.col("household_older") - (pl.col("age") >= 75) == 1), missing=None, means="lives with one other person, who is 75 or older", group="household")
frail_partner_only = fact((pl.col("household_size") == 2) & (pl.col("household_frail") - pl.col("frail") >= 1), missing=None, means="lives with one other person, recorded as frail", inferred=True, group="household")
lone_parent = fact((pl.col("household_adults") == 1) & (pl.col("household_children") > 0) & (pl.col("age") >= 18), missing=None, means="the only adult at an address with children", group="household")
children_at_home = fact(pl.col("household_children") - (pl.col("age") < 18), missing=None, means="other people under 18 at the address", unit="people", group="household")
crowded_address = fact(pl.col("household_size").is_between(7, 10), missing=None, means="7 to 10 people registered at the address", group="household")
communal_address = fact(pl.col("household_size") > 10, missing=None, means="more than 10 people registered at the address (care home, hostel or hall)", group="household")
household_joined_1y = fact(pl.col("household_joined"), missing=None, means="people who joined the address in the last year", unit="people", group="household")
household_left_1y = fact(pl.col("household_left"), missing=None, means="people who left the address or died in the last year", unit="people", group="household")
household_death_1y = fact(pl.col("household_deaths") > 0, missing=None, means="somebody at the address died in the last year", group="bereavement")
registered_days = fact(pl.col("days_registered"), missing=None, means="days since registering with a practice", says="registered with a practice {ago}", bare=True, unit="days", group="moves")
known_days = fact(pl.col("days_known"), missing=None, means="days since registering with a practice here for the first time", says="registered with a practice here for the first time {ago}", bare=True, unit="days", group="moves")
moves_1y = count("registration.start", over=years(1), missing=0, means="registration(s) with a practice in the {window}", group="moves")
moves_5y = count("registration.start", over=years(5), missing=0, means="registration(s) with a practice in the {window}", group="moves")

# Care given and received
is_carer = ever("social.carer", missing=0, means="recorded as a carer", group="carer")
carer_5y = count("social.carer", over=years(5), missing=0, means="time(s) recorded as a carer in the {window}", says="recorded as a carer {times} in the {window}", group="carer")
has_carer = ever("social.cared_for", missing=0, means="recorded as having a carer", group="cared_for")
needs_care_2y = ever(("social.care_requirement", "social.social_care"), over=years(2), missing=0, means="care needs or social care recorded in the {window}", group="cared_for")
in_care_home = ever("social.care_home", missing=0, means="recorded as living in a care home", group="care_home")
care_refused_2y = count("social.care_refused", over=years(2), missing=0, means="care or help declined in the {window}", says="care or help declined {times} in the {window}", group="cared_for")

# Home, money and work
homeless_5y = ever("social.homeless", over=years(5), missing=0, means="homelessness recorded in the {window}", group="housing")
housing_problem_2y = ever(("social.housing_problem", "social.cold_home"), over=years(2), missing=0, means="housing problem or a cold or damp home recorded in the {window}", group="housing")
owns_home = ever("social.owned_home", over=years(5), missing=0, means="lives in a home that the household owns, recorded in the {window}", group="tenure")
rents_home = ever("social.rented_home", over=years(5), missing=0, means="lives in a rented home, recorded in the {window}", group="tenure")
overcrowded_home = ever("social.overcrowded", over=years(5), missing=0, means="lives in an overcrowded home, recorded in the {window}", group="housing")
money_problem_2y = ever("social.money_problem", over=years(2), missing=0, means="money problem recorded in the {window}", group="money")
out_of_work_2y = ever("social.unemployed", over=years(2), missing=0, means="out of work, recorded in the {window}", group="work")
bereaved_1y = ever("social.bereaved", over=years(1), missing=0, means="bereavement or widowhood recorded in the {window}", group="bereavement")
bereaved_5y = ever("social.bereaved", over=years(5), missing=0, means="bereavement or widowhood recorded in the {window}", group="bereavement")
domestic_abuse_5y = ever("social.domestic_abuse", over=years(5), missing=0, means="domestic abuse recorded in the {window}", restricted=True)
safeguarding_5y = ever("social.safeguarding", over=years(5), missing=0, means="safeguarding concern recorded in the {window}", restricted=True)

# Council records, if the legal basis allows them
care_package_1y = count("council.care_package", over=years(1), missing=0, means="council care package(s) in the {window}", group="cared_for")
care_package_value_1y = total("council.care_package", over=years(1), missing=0, means="hours or value of council care packages in the {window}", says="{means}: {n}", group="cared_for")
reablement_1y = count("council.reablement", over=years(1), missing=0, means="spell(s) of reablement after hospital in the {window}", group="cared_for")
homeless_duty_5y = ever("council.homeless_duty", over=years(5), missing=0, means="the council owed a homelessness duty in the {window}", group="housing")
council_tax_arrears_2y = ever("council.council_tax_arrears", over=years(2), missing=0, means="council tax arrears in the {window}", group="money")

lives_alone = score(pl.max_horizontal("household_alone", "social_lives_alone_ever"), missing=0, means="lives alone, by address or as recorded", group="lives_alone")
social_needs = score(pl.sum_horizontal("housing_problem_2y", "money_problem_2y", "out_of_work_2y", "homeless_5y", "bereaved_5y", "needs_care_2y", "social_no_carer_ever", "social_isolated_ever"), missing=0, means="kind(s) of social need recorded", says="{n} kind(s) of social need recorded", group="social_needs")
