"""The command line: `neighbourly …`. Exit codes: 0 ok, 1 the run failed, 2 wrong usage or configuration, 3 the data was refused."""

from __future__ import annotations

import sys

from data_schemas.errors import NeighbourlyError
from flows.cli import export, impact, models, monitor, release, start, steps, synth
from flows.cli.options import app, tell
from flows.environment import prepare
from flows.guard import guarded

__all__ = ["app", "export", "impact", "main", "models", "monitor", "release", "start", "steps", "synth"]


def main() -> None:
    """Entry point: errors become a few plain lines and an exit code."""
    prepare()
    try:
        guarded("command line", lambda: app(standalone_mode=True))
    except NeighbourlyError as error:
        tell(error)
        sys.exit(error.exit_code)
