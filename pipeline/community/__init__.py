"""Know your community: who is missing prevention, which segment everyone is in, and what became better against
England."""
