"""Trains models and evaluates them."""

import os

import data_schemas  # noqa: F401 - sets how Polars uses memory, before it is loaded

# By default, waiting OpenMP threads keep the processor busy. On a busy machine, fits took ten times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
