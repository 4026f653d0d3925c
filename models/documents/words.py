"""Numbers and names as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_schemas.gp import ETHNICITY
from data_schemas.outcomes import WORDS

NAMES = {
    **{name: said.term for name, said in WORDS.items()},
    "age_sex": "age and sex",
    "prior_admissions": "earlier emergency admissions",
}

GROUPS = {
    "age_band": "age", "deprivation_fifth": "deprivation of the area, fifth (1: most deprived)", "lives_alone": "living alone",
    "recorded_lonely": "recorded as lonely", "is_carer": "carer", "long_term_conditions": "long-term conditions",
    "emergency_admissions_2y": "emergency admissions in the last two years",
}  # fmt: skip


def in_group(row: Mapping[str, Any]) -> str:
    """A group of people as its row in the evaluation names it: `ethnicity`, `M` → `ethnicity: Black or Black British: Caribbean`."""
    value = ETHNICITY.get(row["value"], row["value"]) if row["group"] == "ethnicity" else row["value"]
    return f"{GROUPS.get(row['group'], words(row['group']))}: {value}"


def words(outcome: str) -> str:
    """`unplanned_admission` → `unplanned admission`."""
    return NAMES.get(outcome, outcome.replace("_", " "))


def article(outcome: str) -> str:
    """The outcome with its article."""
    named = words(outcome)
    return f"an {named}" if named[0].lower() in "aeiou" else f"a {named}"


def percent(value: float | None) -> str:
    """0.123 → `12.3%`."""
    return "not known" if value is None else f"{100 * value:.1f}%"


def number(figures: Mapping[str, Any], name: str, places: int = 2) -> str:
    """A figure with its interval."""
    if figures.get(name) is None:
        return "not known"
    if figures.get(f"{name}_low") is None:
        return f"{figures[name]:.{places}f}"
    return f"{figures[name]:.{places}f} [{figures[f'{name}_low']:.{places}f} to {figures[f'{name}_high']:.{places}f}]"
