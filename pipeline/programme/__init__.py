"""Who was offered a programme, what was known of them, and what happened afterwards: tables for `models.impact` to
compare."""
