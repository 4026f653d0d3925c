"""Deprivation, household, housing, money, work, care given and received."""

# ruff: noqa: E501 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

import polars as pl

from pipeline.features.declare import ever, fact, score

FAMILY = "social"

imd_decile = fact(pl.col("imd_decile"), missing=None, means="deprivation decile of the home's area (1 = most deprived tenth)")
household_alone = fact(pl.col("household_size") == 1, missing=None, means="nobody else is registered at the address")
is_carer = ever("social.carer", missing=0, means="recorded as a carer")
lives_alone = score(pl.max_horizontal("household_alone", "social_lives_alone_ever"), missing=0, means="lives alone, by address or as recorded")
