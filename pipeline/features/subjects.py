"""Defines the subjects that people may want support with, and the concepts and features about each one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from data_schemas.receipts import Feature

SUBJECTS: dict[str, tuple[str, ...]] = {
    "loneliness": ("social.lonely", "known_lonely", "ucla3_lonely", "de_jong_gierveld_lonely"),
    "isolation": ("social.isolated",),
    "living alone": ("social.lives_alone", "lives_alone"),
    "caring for someone": ("social.carer",),
    "losing someone": ("social.bereaved",),
    "money problems": ("social.money_problem", "council.council_tax_arrears"),
    "homelessness": ("social.homeless", "council.homeless_duty"),
    "a cold or damp home": ("social.cold_home",),
    "housing problems": ("social.housing_problem",),
    "falls": ("function.falls",),
    "frailty": (
        *("function.frailty_mild", "function.frailty_moderate", "function.frailty_severe"),
        *("frailty_index", "frailty_moderate_or_severe", "hospital_frailty_raised", "hospital_frailty_high"),
    ),
    "difficulty getting about": ("function.mobility", "function.housebound"),
    "low mood": ("condition.depression",),
    "worry": ("condition.anxiety",),
    "a mental health condition": ("condition.severe_mental_illness",),
    "memory trouble": ("condition.dementia", "charlson.dementia", "function.cognition", "rx.dementia"),
    "being out of work": ("social.unemployed",),
    "smoking": ("smokes_now",),
    "lung disease": (
        *("condition.copd", "condition.asthma", "acsc.copd", "acsc.asthma", "charlson.chronic_pulmonary"),
    ),
    "diabetes": (
        *("condition.diabetes", "condition.diabetes_type_1", "condition.diabetes_type_2", "rx.diabetes"),
        *("acsc.diabetes", "charlson.diabetes", "charlson.diabetes_complicated"),
    ),
    "heart disease": ("condition.heart_failure", "condition.chd", "acsc.heart_failure", "charlson.heart_failure"),
    "another heart condition": (
        *("condition.af", "condition.heart_valve_disease", "acsc.angina", "charlson.myocardial_infarction"),
    ),
    "a stroke": ("condition.stroke",),
    "a mini-stroke or other disease of the brain's vessels": ("condition.tia", "charlson.cerebrovascular"),
    "kidney disease": ("condition.ckd",),
    "weight": ("condition.obesity",),
    "being inactive": (),
    "cancer": ("condition.cancer", "charlson.cancer", "charlson.metastatic_cancer"),
    "Parkinson's": ("condition.parkinsons", "rx.parkinson"),
    "arthritis": ("condition.arthritis", "condition.rheumatoid_arthritis"),
    "epilepsy": ("condition.epilepsy",),
    "a learning disability": ("condition.learning_disability",),
}
"""Subject, as people read it, → the concepts and features about it. A feature may also declare `speaks_of`."""


def features_about(features: Sequence[Feature], subjects: Iterable[str]) -> list[str]:
    """Names of the features about one of some subjects. Everything that such a feature counts must be about it."""
    asked = set(subjects)
    about = {name for subject in asked for name in SUBJECTS[subject]}
    return [f.name for f in features if f.speaks_of in asked or about.issuperset((f.concept or f.name).split(" or "))]


def unknown_subjects(features: Sequence[Feature]) -> Iterator[str]:
    """Messages about features that declare an unknown subject."""
    for feature in features:
        if feature.speaks_of and feature.speaks_of not in SUBJECTS:
            close = get_close_matches(feature.speaks_of, list(SUBJECTS), 1)
            hint = f"did you mean {close[0]!r}?" if close else f"the subjects are: {', '.join(SUBJECTS)}"
            yield f"{feature.name}: speaks_of={feature.speaks_of!r} is not a subject; {hint}"
