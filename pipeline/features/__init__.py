"""What is counted about a person: each feature is declared on one line, and all are computed in one pass."""
