"""What a programme changed: effects with their intervals, matching, lotteries and staggered starts, as functions of
arrays.
"""
