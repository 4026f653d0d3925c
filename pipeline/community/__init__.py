"""Community pages: who is missing prevention, which segment everyone is in, and what improved compared with England."""
