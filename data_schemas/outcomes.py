"""What a model can predict: each outcome by name, and what people call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Outcome = Literal[
    "unplanned_admission", "unplanned_or_death", "acsc_admission", "ae_attendance", "admission_or_care_package"
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True)
class Words:
    """An outcome in words."""

    term: str
    """As a model card names it, without an article."""
    plain: str
    """As a list says it to a link worker, with an article."""
    happens: str
    """What people do or have, as a verb phrase."""
    records: str = "coded hospital records"
    """Where it is recorded."""
    includes_death: bool = False
    """Whether a death in the window is the outcome too. If not, somebody who dies first did not have it."""


WORDS: dict[str, Words] = {
    "unplanned_admission": Words(
        "unplanned admission", "an unplanned hospital stay", "have an unplanned hospital stay"
    ),
    "unplanned_or_death": Words(
        "unplanned admission or death",
        "an unplanned hospital stay or death",
        "have an unplanned hospital stay or die",
        "coded hospital records and the dates of death in registrations",
        includes_death=True,
    ),
    "acsc_admission": Words(
        "emergency admission that earlier care might have avoided",
        "a hospital stay that good care nearby can often prevent",
        "have a hospital stay that good care nearby can often prevent",
    ),
    "ae_attendance": Words("A&E attendance", "a visit to A&E", "go to A&E"),
    "admission_or_care_package": Words(
        "unplanned admission or new care package",
        "an unplanned hospital stay or a new care package from the council",
        "have an unplanned hospital stay or get a new care package from the council",
        "coded hospital records and the council's records of care packages",
    ),
}
