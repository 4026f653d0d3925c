"""Trains models: rows, candidates, estimators, calibration, and the choice between candidates."""

STORED_AS = "neighbourly.model_types"
"""The module name that saved models store for our types (`__module__`). `models.learning` would not work where a user
has a folder called `models`."""
