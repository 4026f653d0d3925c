"""What became of people on lists: the ledger of lists and outcomes, the feedback files that teams send, each
person's history."""
