"""Measures what a programme changed: effects with intervals, matching, lotteries and staggered starts, as functions of
arrays."""
