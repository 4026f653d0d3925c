"""Evaluates models: metrics with intervals, test dates, groups, drift, alarms, and the gate to champion."""
