"""Turns extracts into features, and scores into lists."""

import data_schemas  # noqa: F401 - says how Polars uses memory, before it is loaded
