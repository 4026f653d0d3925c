"""What a programme did for each person, so that its effect can be judged. Never a source of features."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from data_schemas.columns import day, person_id, row_id, text

OFFERED, CONTROL = "offered", "control"
ARM = {
    OFFERED: "Drawn to be offered the programme",
    CONTROL: "Drawn not to be offered it",
}
KIND = {
    "offered": "The programme was offered to the person",
    "reached": "Somebody spoke to the person",
    "seen": "The person was seen",
    "completed": "The person finished the programme",
}


class Interventions(dy.Schema):
    """One row per person and programme event. Where people were randomised, everyone randomised has a row with their
    arm.
    """

    person_id = person_id()
    programme = text("Name of the programme.", "The programme's own records", required=True)
    start_date = day(
        "Day on which the person started it; if people were randomised, the day of randomisation.",
        "The programme's own records",
        required=True,
    )
    end_date = day("Day on which the person stopped.", "The programme's own records")
    arm = text("Arm of the trial; filled only if people were randomised.", "The trial's allocation list", values=ARM)
    kind = text("How far the person got in the programme.", "The programme's own records", values=KIND)
    row_id = row_id()

    @dy.rule()
    def end_before_start(cls) -> pl.Expr:  # noqa: N805
        """A programme cannot end for a person before it starts."""
        return cls.end_date.col >= cls.start_date.col
