"""Turns extracts into features, and scores into lists."""

import data_schemas  # noqa: F401 - sets how Polars uses memory, before it is loaded
