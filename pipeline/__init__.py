"""Turns extracts into features, and scores into lists."""
