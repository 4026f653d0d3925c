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
    """An outcome in words: as a model card names it (without an article) and as a list says it to a link worker (with
    one).
    """

    term: str
    plain: str


WORDS: dict[str, Words] = {
    "unplanned_admission": Words("unplanned admission", "an unplanned hospital stay"),
    "unplanned_or_death": Words("unplanned admission or death", "an unplanned hospital stay or dying"),
    "acsc_admission": Words(
        "emergency admission that earlier care might have avoided",
        "a hospital stay that good care nearby can often prevent",
    ),
    "ae_attendance": Words("A&E attendance", "a visit to A&E"),
    "admission_or_care_package": Words(
        "unplanned admission or new care package", "an unplanned hospital stay or a new care package from the council"
    ),
}
