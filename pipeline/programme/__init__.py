"""Prepares the tables that `models.impact` compares: who was offered a programme, what was known about them, and what
happened afterwards.
"""
