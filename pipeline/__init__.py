"""Extracts to features, scores to lists."""
