"""How a model is trained: rows, candidates, estimators, calibration, choosing."""
