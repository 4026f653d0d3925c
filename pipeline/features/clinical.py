"""Long-term conditions, measurements and prescribing."""

# ruff: noqa: E501 - a feature is one line, and the numbers in it are its definition
# fmt: off

from __future__ import annotations

from pipeline.features.declare import change, count, days_since_first, distinct, mean, trend, years

FAMILY = "clinical"

# Long-term conditions: recorded ever comes with each code list; how long is said here
copd_duration = days_since_first("condition.copd", missing=None, means="days since COPD was first recorded", unit="days")

# Prescribing
prescribed_items_90d = count("rx.item", over=90, missing=0, means="prescribed items in the last 90 days")
prescribed_items_1y = count("rx.item", over=years(1), missing=0, means="prescribed items in the last year")
prescribed_items_trend_1y = trend("rx.item", over=years(1), missing=0, means="prescribed items: last 6 months less the 6 before")
medicine_groups_90d = distinct("rx.item", over=90, missing=0, means="different groups of medicines in the last 90 days")
medicine_groups_1y = distinct("rx.item", over=years(1), missing=0, means="different groups of medicines in the last year")

# Measurements
systolic_mean_3y = mean("measure.systolic", over=years(3), missing=None, means="average systolic blood pressure, last 3 years", unit="mmHg")
systolic_change_3y = change("measure.systolic", over=years(3), missing=None, means="change in systolic blood pressure over 3 years", unit="mmHg")
