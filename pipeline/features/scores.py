"""Scores built on other features."""

# ruff: noqa: E501 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

import polars as pl

from pipeline.features.declare import score

FAMILY = "clinical"

CONDITIONS = (
    "af", "asthma", "cancer", "chd", "ckd", "copd", "dementia", "depression", "diabetes", "epilepsy", "heart_failure", "hypertension",
    "learning_disability", "osteoporosis", "pad", "rheumatoid_arthritis", "severe_mental_illness", "stroke", "parkinsons", "thyroid",
)
"""Long-term conditions that are counted; a stroke and a TIA are one."""

long_term_conditions = score(pl.sum_horizontal(f"condition_{name}_ever" for name in CONDITIONS), missing=0, risk_direction=1, means="long-term conditions recorded")
