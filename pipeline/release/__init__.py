"""Releases prepared lists: approval, delivery, the audit log, and names at the practice."""
