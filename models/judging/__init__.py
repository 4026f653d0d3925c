"""How a model is judged: metrics with intervals, test dates, groups, drift, alarms, the gate to champion."""
