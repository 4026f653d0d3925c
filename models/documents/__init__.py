"""Documents about a model: the card, its checklists, plots and the evaluation page."""
