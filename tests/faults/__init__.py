"""Faults that are injected on purpose, and what is to become of each."""
