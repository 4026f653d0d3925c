"""From prepared lists to people: approval, delivery, the audit log, names at the practice."""
