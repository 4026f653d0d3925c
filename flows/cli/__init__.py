"""The command line: `neighbourly …`.

Exit codes: 0 ok, 1 the run failed, 2 wrong usage or configuration, 3 the data was refused.
"""

from __future__ import annotations

from data_schemas.errors import NeighbourlyError
from data_schemas.memory import collect_seldom
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
from flows.cli.options import app, print_error
from flows.environment import prepare
from flows.guard import guarded
from flows.stopping import end_at_once, watch

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
    """Entry point."""
    collect_seldom()
    prepare()
    watch()
    end_at_once(command)


def command() -> int:
    """Run the command and return its exit code. Errors become a few plain lines."""
    try:
        return guarded("command line", ended)
    except NeighbourlyError as error:
        print_error(error)
        return error.exit_code


def ended() -> int:
    """Run the command and return its exit code, so that it differs from other code's `SystemExit`."""
    try:
        app(standalone_mode=True)
    except SystemExit as end:
        return int(end.code or 0)
    return 0
