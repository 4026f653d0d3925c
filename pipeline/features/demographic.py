"""Features of age, sex and where the person lives."""

# ruff: noqa: PLR2004 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

import polars as pl

from pipeline.features.declare import fact

FAMILY = "demographic"

age = fact(pl.col("age"), missing=None, means="age in years", unit="years")
female = fact(pl.col("sex") == "2", missing=0, means="recorded as female")
sex_unknown = fact(~pl.col("sex").is_in(["1", "2"]), missing=0, means="sex not recorded as male or female", absence=True)
age_under_5 = fact(pl.col("age") < 5, missing=0, means="under 5 years old")
age_over_75 = fact(pl.col("age") >= 75, missing=0, means="75 years or older")
age_over_85 = fact(pl.col("age") >= 85, missing=0, means="85 years or older")
