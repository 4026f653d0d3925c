"""What is counted about a person: declared in one line each, computed in one pass."""
