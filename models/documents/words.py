"""Writes numbers and names for readers."""

from __future__ import annotations

import math

from data_schemas.gp import ETHNICITY
from data_schemas.outcomes import WORDS
from models.judging.figures import Access, Difference, GroupResult, Interval
from models.storage import Moved

NAMES = {
    **{name: said.term for name, said in WORDS.items()},
    "age_sex": "age and sex",
    "prior_admissions": "earlier emergency admissions",
    "parr30": "PARR-30, fitted here",
    "parr30_published": "PARR-30, published weights",
    "frailty_index": "electronic Frailty Index",
    "charlson_age": "Charlson index and age",
}

GROUPS = {
    "age_band": "age", "ethnic_group": "ethnic group",
    "deprivation_fifth": "deprivation of the area, fifth (1: most deprived)", "lives_alone": "living alone",
    "recorded_lonely": "recorded as lonely",
    "social_recording": "how often their practice records social facts",
    "is_carer": "carer", "long_term_conditions": "long-term conditions",
    "emergency_admissions_2y": "emergency admissions in the last two years",
}  # fmt: skip


def in_group(row: GroupResult | Access) -> str:
    """Name of a group of people from its row in the evaluation: `ethnicity`, `M` → `ethnicity: Black or Black British:
    Caribbean`."""
    value = ETHNICITY.get(row.value, row.value) if row.group == "ethnicity" else row.value
    return f"{GROUPS.get(row.group, words(row.group))}: {value}"


def words(outcome: str) -> str:
    """Name of an outcome in words: `unplanned_admission` → `unplanned admission`."""
    return NAMES.get(outcome, outcome.replace("_", " "))


def article(outcome: str) -> str:
    """Name of an outcome with its article."""
    named = words(outcome)
    return f"an {named}" if named[0].lower() in "aeiou" else f"a {named}"


def percent(value: float | None) -> str:
    """Write a share in per cent: 0.123 → `12.3%`."""
    return "not known" if value is None or math.isnan(value) else f"{100 * value:.1f}%"


def in_percent(figure: Interval) -> str:
    """A share with its interval: `12.3% [10.1% to 14.5%]`."""
    ends = f" [{percent(figure.low)} to {percent(figure.high)}]" if figure.bounded else ""
    return percent(figure.value) + ends


def number(figure: Interval, places: int = 2) -> str:
    """A figure with its interval."""
    if not figure.known:
        return "not known"
    if not figure.bounded:
        return f"{figure.value:.{places}f}"
    return f"{figure.value:.{places}f} [{figure.low:.{places}f} to {figure.high:.{places}f}]"


def difference(d: Difference, places: int = 3) -> str:
    """A paired difference with its interval."""
    return number(Interval(d.difference, d.low, d.high), places)


def recalibrated_in_words(done: Moved) -> str:
    """State what a recalibration did, for the report and the model card."""
    return (
        f"On request, the odds of every risk were multiplied by {math.exp(done.by):.2f} ({done.by:+.3f} log-odds):"
        f" the outcome happened {done.observed_expected} times as often as predicted after {done.outcomes_after}. The ranking is"
        f" that of version {done.version}, and the figures and alarms are of that version, before the change."
    )
