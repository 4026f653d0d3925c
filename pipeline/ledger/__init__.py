"""Keeps what happened to people on lists: the ledger of lists and outcomes, teams' feedback files, and each person's
history.
"""
