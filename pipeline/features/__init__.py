"""Counts features of people: each feature is declared on one line, and all are computed in one pass."""
