"""What the data is: tables, code lists, profiles and what travels between steps."""
