"""Removes what cannot happen to a person: illnesses of the other sex, and illnesses and habits of a later age."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.synthetic.calendar import Calendar
from pipeline.synthetic.codes import codes
from pipeline.synthetic.households import Flags
from pipeline.synthetic.people import People

GIVEN_FROM = {
    "H251": (45, "K409"), "M171": (45, "K409"), "M161": (45, "K409"), "N40X": (45, "K409"), "K635": (16, "K409"), "K802": (16, "K409"),
    "N201": (16, "N390"), "I269": (16, "J069"), "E119": (18, "E109"), "44054006": (18, "46635009"),
    "0401": (18, "0309"), "0702": (14, "1303"), "430": (65, "300"), "502": (12, "420"),
}  # fmt: skip
"""Diagnosis, kind of medicine or specialty → the age from which it is given, and what younger people get instead."""
GIVEN_UNTIL = {"420": (18, "300")}
"""The age from which it is no longer given, and what older people get instead: paediatrics becomes general medicine."""
OF_MEN = {"N40X": "K409", "C61": "C509", "399068003": "254837009"}
"""Code that only men can have → the code that a woman gets instead."""
OF_WOMEN = {"C509": "C61", "254837009": "399068003", "0702": "1303", "502": "101"}
"""Code that only women can have → the code that a man gets instead. Breast cancer in men is left out because it is
rare.
"""
RECORDED_FROM = {
    "lifestyle.never_smoked": 15, "lifestyle.ex_smoker": 15, "lifestyle.smoker": 15, "lifestyle.heavy_drinker": 18,
    "measure.alcohol_units": 18, "strength.drinks_sensibly": 18, "strength.active_lifestyle_referral": 18,
    "measure.systolic": 12, "measure.diastolic": 12, "measure.bmi": 12, "measure.cholesterol": 12, "measure.hba1c": 12, "measure.egfr": 12,
    "measure.haemoglobin": 12, "measure.clinical_frailty_scale": 65, "social.lonely": 8, "social.isolated": 8, "social.carer": 8,
    "function.incontinence": 5, "function.dizziness": 5, "function.activity_limitation": 2, "condition.hypotension": 12,
}  # fmt: skip
"""Concept → the age from which practices record it. The values of measurements are those of adults."""


def suited(given: pl.Series, female: Flags, age: npt.NDArray[np.floating]) -> pl.Series:
    """Replace codes that the person cannot have with others."""
    code, years = pl.col("code"), pl.col("age")
    too_young = years < code.replace_strict({name: bound for name, (bound, _) in GIVEN_FROM.items()}, default=0)
    too_old = years >= code.replace_strict({name: bound for name, (bound, _) in GIVEN_UNTIL.items()}, default=999)
    instead = {name: other for name, (_, other) in (GIVEN_FROM | GIVEN_UNTIL).items()}
    of_sex = pl.when("female").then(code.replace(OF_MEN)).otherwise(code.replace(OF_WOMEN))
    frame = pl.DataFrame({"code": given, "female": female, "age": age})
    return frame.select(pl.when(too_young | too_old).then(code.replace(instead)).otherwise(of_sex)).to_series()


def old_enough(events: pl.DataFrame, people: People, calendar: Calendar) -> pl.DataFrame:
    """Coded events (`person`, `day`, `code`) without those at too young an age."""
    youngest = {code: years for concept, years in RECORDED_FROM.items() for code in codes(concept)}
    age = (calendar.month_of(events["day"].to_numpy()) - people.birth[events["person"].to_numpy()]) / 12
    return events.filter(pl.Series(age) >= pl.col("code").replace_strict(youngest, default=0))
