"""Council and social-care records, read only where the legal basis names them."""

from __future__ import annotations

import dataframely as dy

from data_schemas.columns import day, number, person_id, row_id, text


class CouncilRecords(dy.Schema):
    """One row per record. Section 251 support for risk stratification does not cover these."""

    person_id = person_id()
    recorded_date = day("Day on which the council knew about it.", "The council's system", required=True)
    category = text(
        "Kind of record, in lower case: care_package, homeless_duty, council_tax_arrears …",
        "The council's system",
        required=True,
        pattern=r"^[a-z][a-z0-9_]*$",
        form="lower-case words joined by underscores, such as care_package",
    )
    value = number("A number that goes with the record, such as hours of care per week.", "The council's system")
    row_id = row_id()
