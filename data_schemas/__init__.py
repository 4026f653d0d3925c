"""What the data is: tables, code lists, profiles and what travels between steps."""

import os

# How Polars uses memory, which it reads when it is loaded. It gives back what it has not used for half a second. With
# its own setting it gives back a part of that a second later, and ingest takes a twelfth more memory and no less time.
os.environ.setdefault("_RJEM_MALLOC_CONF", "muzzy_decay_ms:0")
# Bytes of a CSV file that Polars parses together, several times at once. With its own number, four times as large,
# ingest takes a quarter more memory and no less time. Polars does not document this; a version that does not know it
# takes more memory.
os.environ.setdefault("POLARS_CSV_CHUNK_SIZE", str(2**22))
