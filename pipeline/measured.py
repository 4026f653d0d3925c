"""Converts measurements to their own unit. Values outside the plausible range become empty."""

from __future__ import annotations

import polars as pl

from data_schemas.codelists import built_in
from data_schemas.measures import measures
from pipeline.concepts import Concepts

MEASURE, LOW, HIGH = "_measure", "_low", "_high"


def with_ranges(codes: pl.DataFrame, concepts: Concepts) -> pl.DataFrame:
    """Add to `code, concept` the measurement that each code stands for and its plausible range, empty if none is
    declared.

    A code is a measurement if its concept has a measurement's name, or if it is also a code of a built-in measurement.
    """
    declared = pl.DataFrame(
        [(name, measure.low, measure.high) for name, measure in measures().items()],
        {MEASURE: pl.String, LOW: pl.Float64, HIGH: pl.Float64},
        orient="row",
    )
    by_code = (
        built_in().filter(pl.col("concept").is_in(list(measures()))).select("code", by_code="concept").unique("code")
    )
    names = pl.DataFrame({"concept": list(concepts.ids.values()), "name": list(concepts.ids)}, _NAMES)
    measured = codes.join(names, on="concept", how="left", maintain_order="left").join(
        by_code, left_on=pl.col("code").str.strip_suffix(".0"), right_on="code", how="left", maintain_order="left"
    )
    named = pl.when(pl.col("name").is_in(list(measures()))).then("name").otherwise("by_code").alias(MEASURE)
    return measured.select("code", "concept", named).join(declared, on=MEASURE, how="left", maintain_order="left")


_NAMES = {"concept": pl.UInt16, "name": pl.String}


def in_own_units(coded: pl.LazyFrame, table: pl.LazyFrame) -> pl.LazyFrame:
    """Add the columns of `with_ranges` to the rows of a `table`, and convert each `value` to the measurement's own
    unit.

    If the unit is unknown or missing, the value is unchanged and the plausible range decides.
    """
    if "unit" not in table.collect_schema():
        return coded
    units = table.filter(pl.col("value").is_not_null()).select(pl.col("unit").unique()).collect(engine="streaming")
    conversions = _conversions(units["unit"])
    if conversions.is_empty():
        return coded
    by_unit = coded.join(conversions.lazy(), on=[MEASURE, "unit"], how="left")
    value = pl.coalesce(pl.col("value") * pl.col("_factor") + pl.col("_offset"), "value")
    return by_unit.with_columns(value=value)


def _conversions(units: pl.Series) -> pl.DataFrame:
    """`_measure, unit, _factor, _offset` of the units, as written, that need conversion."""
    rows = [
        (name, unit, *conversion)
        for name, measure in measures().items()
        for unit in units.drop_nulls().sort()
        if (conversion := measure.conversion(unit)) not in (None, (1.0, 0.0))
    ]
    kinds = {MEASURE: pl.String, "unit": pl.String, "_factor": pl.Float64, "_offset": pl.Float64}
    return pl.DataFrame(rows, kinds, orient="row")


def is_outside() -> pl.Expr:
    """Whether a value is outside the plausible range of its measurement."""
    return (~pl.col("value").is_between(pl.col(LOW), pl.col(HIGH))).fill_null(value=False)


def plausible() -> pl.Expr:
    """The value, or empty if it is not plausible."""
    return pl.when(~is_outside()).then("value")
