"""Writes the documents about a model: the card, the checklists, the plots and the evaluation page."""
