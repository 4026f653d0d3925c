"""Declares the command on the whole population: monitor."""

from __future__ import annotations

from pathlib import Path

from flows.cli import commands
from flows.cli.commands import execute
from flows.cli.options import AsOf, Config, Json, Out, app, parameters, print_result


@app.command()
def monitor(config: Config, as_of: AsOf = None, out: Out = Path("out"), as_json: Json = False) -> None:
    """Admissions, A&E visits, deaths, vaccination and checks in the borough and each cluster, against England."""
    print_result(execute(commands.monitor, parameters(config, out, as_of)), as_json=as_json)
