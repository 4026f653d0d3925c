"""The command line: `neighbourly …`.

Exit codes: 0 ok, 1 the run failed, 2 wrong usage or configuration, 3 the data was refused.
"""

from __future__ import annotations

import sys

from data_schemas.errors import NeighbourlyError
from flows.cli import (
    at_practice,
    deliveries,
    explain,
    export,
    governance,
    impact,
    keeping,
    models,
    monitor,
    release,
    serving,
    start,
    steps,
    synth,
)
from flows.cli.options import app, tell
from flows.environment import prepare
from flows.guard import guarded
from flows.stopping import watch

__all__ = [
    "app",
    "at_practice",
    "deliveries",
    "explain",
    "export",
    "governance",
    "impact",
    "keeping",
    "main",
    "models",
    "monitor",
    "release",
    "serving",
    "start",
    "steps",
    "synth",
]


def main() -> None:
    """Entry point. Errors become a few plain lines and an exit code."""
    prepare()
    watch()
    try:
        sys.exit(guarded("command line", ended))
    except NeighbourlyError as error:
        tell(error)
        sys.exit(error.exit_code)


def ended() -> int | str | None:
    """Run the command and return its exit code, so that it differs from other code's `SystemExit`."""
    try:
        app(standalone_mode=True)
    except SystemExit as end:
        return end.code
    return 0
