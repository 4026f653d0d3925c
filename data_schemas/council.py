"""Council and social-care records, read only where the legal basis names them."""

from __future__ import annotations

import dataframely as dy

from data_schemas.columns import day, number, person_id, row_id, text


class CouncilRecords(dy.Schema):
    """One row per record; section 251 support for risk stratification does not cover these."""

    person_id = person_id()
    recorded_date = day("Day from which the council knew.", "The council's system", required=True)
    category = text(
        "What it is, in lower case: care_package, homeless_duty, council_tax_arrears …",
        "The council's system",
        required=True,
        pattern=r"^[a-z][a-z0-9_]*$",
        form="lower-case words joined by underscores, such as care_package",
    )
    value = number("Number that belongs to it, such as hours of care a week.", "The council's system")
    row_id = row_id()
