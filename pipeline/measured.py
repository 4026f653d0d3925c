"""Values of measurements in their concept's own unit; what lies outside the plausible range becomes empty."""

from __future__ import annotations

import polars as pl

from data_schemas.measures import measures
from pipeline.concepts import Concepts

LOW, HIGH = "_low", "_high"


def with_ranges(codes: pl.DataFrame, concepts: Concepts) -> pl.DataFrame:
    """`code, concept` with the plausible range of the concept, empty where none is declared."""
    ranges = pl.DataFrame(
        [(concepts.ids[name], m.low, m.high) for name, m in measures().items() if name in concepts.ids],
        {"concept": pl.UInt16, LOW: pl.Float64, HIGH: pl.Float64},
        orient="row",
    )
    return codes.join(ranges, on="concept", how="left", maintain_order="left")


def in_own_units(coded: pl.LazyFrame, table: pl.LazyFrame, concepts: Concepts) -> pl.LazyFrame:
    """Rows of a `table` with their `concept`: each `value` in the concept's own unit.

    A unit that is not known, or not given, leaves the value as it is: the range then judges it.
    """
    if "unit" not in table.collect_schema():
        return coded
    units = table.filter(pl.col("value").is_not_null()).select(pl.col("unit").unique()).collect(engine="streaming")
    found = _conversions(concepts, units["unit"])
    if found.is_empty():
        return coded
    by_unit = coded.join(found.lazy(), on=["concept", "unit"], how="left")
    value = pl.coalesce(pl.col("value") * pl.col("_factor") + pl.col("_offset"), "value")
    return by_unit.with_columns(value=value)


def _conversions(concepts: Concepts, units: pl.Series) -> pl.DataFrame:
    """`concept, unit, _factor, _offset` of the units, as they are written, that need a conversion."""
    found = [
        (concepts.ids[name], unit, *conversion)
        for name, measure in measures().items()
        for unit in units.drop_nulls().sort()
        if name in concepts.ids and (conversion := measure.conversion(unit)) not in (None, (1.0, 0.0))
    ]
    kinds = {"concept": pl.UInt16, "unit": pl.String, "_factor": pl.Float64, "_offset": pl.Float64}
    return pl.DataFrame(found, kinds, orient="row")


def is_outside() -> pl.Expr:
    """Whether a value lies outside the plausible range of its concept."""
    return (~pl.col("value").is_between(pl.col(LOW), pl.col(HIGH))).fill_null(value=False)


def plausible() -> pl.Expr:
    """The value, empty where it is not plausible."""
    return pl.when(~is_outside()).then("value")
