"""Trains models and evaluates them."""

import os

# Waiting OpenMP threads that spin take the processor from everything else. On a busy machine, fits took ten times as
# long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
