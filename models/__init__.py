"""Learning and judging."""

import os

# Threads of OpenMP that spin while they wait take the processor from everything else: on a busy machine fits took ten
# times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
