"""Makes the community pages: who is missing prevention, which segment everyone is in, and how outcomes compare with
England.
"""
