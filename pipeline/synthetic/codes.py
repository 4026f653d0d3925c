"""Chooses the codes that the invented practices use for the concepts of the built-in code lists."""

from __future__ import annotations

from functools import cache

import polars as pl

from data_schemas.disk import read_csv
from pipeline.synthetic.options import DATA


@cache
def code_table() -> dict[str, list[str]]:
    """Concept → its codes, the commonest first."""
    table = read_csv(DATA / "codes.csv", schema_overrides={"codes": pl.String})
    return {concept: listed.split() for concept, listed in table.iter_rows()}


def codes(concept: str) -> list[str]:
    """The codes used for a concept."""
    return code_table()[concept]
