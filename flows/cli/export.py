"""Declares commands that write a site's data in other formats: export meds."""

from __future__ import annotations

from pathlib import Path

import typer

from flows.cli import commands
from flows.cli.commands import execute
from flows.cli.options import AsOf, Config, Json, Out, app, parameters, print_result

exports = typer.Typer(no_args_is_help=True, help="Write the event log in another form: `export meds`.")
app.add_typer(exports, name="export")


@exports.callback()
def export() -> None:
    """The event log in another form; each form is a command."""


@exports.command()
def meds(config: Config, as_of: AsOf = None, out: Out = Path("out"), as_json: Json = False) -> None:
    """Write the event log as MEDS 0.4 into <out>/meds: one row per event that was known before the as-of date.

    It is data about people.
    """
    print_result(execute(commands.export, parameters(config, out, as_of)), as_json=as_json)
