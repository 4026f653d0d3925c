"""How a model is trained: rows, candidates, estimators, calibration, choosing."""

STORED_AS = "neighbourly.model_types"
"""The module that saved models name for our types (`__module__`): a user's own folder called `models` would hide
`models.learning`."""
