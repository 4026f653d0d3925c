"""Finds every diagnosis in a table of admissions, in any column."""

from __future__ import annotations

import polars as pl

from data_schemas.hospital import DIAGNOSES, FURTHER_DIAGNOSES

_SEPARATORS = r"[|,;\s]+"


def codes_of(admissions: pl.LazyFrame, *index: str) -> pl.LazyFrame:
    """Every diagnosis in one column, `code`, as written, with the columns of `index`. Empty if the table has no
    diagnoses.
    """
    there = admissions.collect_schema()
    parts = [admissions.select(*index, code=pl.col(name)) for name in DIAGNOSES if name in there]
    if FURTHER_DIAGNOSES in there:
        listed = pl.col(FURTHER_DIAGNOSES).str.replace_all(_SEPARATORS, " ").str.strip_chars().str.split(" ")
        parts.append(admissions.select(*index, code=listed).explode("code", empty_as_null=True))
    if not parts:
        parts = [admissions.select(*index, code=pl.lit(None, pl.String)).clear()]
    return pl.concat(parts).drop_nulls("code").filter(pl.col("code") != "")
