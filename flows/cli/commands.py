"""What the commands do: check the configuration first, then run a flow beside a Prefect server."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data_schemas.errors import ConfigurationError
from data_schemas.servers import refuse_silent


class Command(Enum):
    """A flow, by module and name."""

    INGEST = "ingest"
    SNAPSHOT = "snapshot"
    TRAIN = "train"
    SCORE = "score"
    PUBLISH = "publish"
    REFRESH = "refresh"
    IMPACT = "impact"
    EXPORT = "export"
    MONITOR = "monitor"
    ROLLOUT = "rollout"


def execute(command: Command, options: dict[str, Any]) -> dict[str, Any]:
    """Run a flow and return what it returns as plain data; configuration problems come before any server starts."""
    checked = parameters(options, command)
    checked.settings()
    from flows.environment import prefect_server, prepare

    prepare()
    refuse_silent({name: os.environ.get(name) for name in ("PREFECT_API_URL", "MLFLOW_TRACKING_URI")})
    with prefect_server() as ready:
        flow = load(command)
        ready()
        return plain(flow(checked))


def parameters(options: dict[str, Any], command: Command | None = None) -> Any:
    """The validated parameters; `ConfigurationError` names every option that is wrong."""
    try:
        return _kind(command)(**options)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigurationError(problems) from None


def _kind(command: Command | None) -> Any:
    """The parameters that a command takes."""
    from flows import parameters as known

    kinds = {Command.IMPACT: known.ImpactParameters, Command.ROLLOUT: known.RolloutParameters}
    return kinds.get(command, known.RunParameters) if command else known.RunParameters


def load(command: Command) -> Any:
    """The flow function; what it needs is imported while the server starts."""
    from importlib import import_module

    flow = getattr(import_module(f"flows.{command.value}"), command.value)
    if command in {Command.TRAIN, Command.SCORE, Command.PUBLISH, Command.REFRESH}:
        import_module("models.registry").warm_up()
    return flow


def plain(result: object) -> dict[str, Any]:
    """A receipt, or several, as a dictionary."""
    if isinstance(result, dict):
        return result
    if isinstance(result, list):
        return {str(getattr(r, "as_of", i)): dataclasses.asdict(r) for i, r in enumerate(result)}
    return dataclasses.asdict(result)  # type: ignore[call-overload,no-any-return]


def check_extracts(options: dict[str, Any]) -> dict[str, Any]:
    """The data-quality report of whatever extracts are configured."""
    checked = parameters(options)
    from flows.check import checked_report
    from flows.progress import looking

    with looking("Reading and validating the extracts") as tell:
        return checked_report(checked, tell)


def make_demo(people: int, out: Path) -> None:
    """The synthetic borough, a full run on it and what people do with its lists, ending with where to look."""
    from flows.cli.synth import make_borough
    from flows.demo import to_look_at, walk
    from flows.progress import console

    console.print(f"[bold]A synthetic borough of {people:,} people, and everything `neighbourly run` does on it[/]")
    make_borough(people, 1, out / "borough")
    result = execute(Command.REFRESH, {"config": str(out / "borough" / "site.toml"), "out": str(out)})
    folder = out / Path(result["folder"]).name
    console.print("[bold]Then what people do with the lists[/] (their names are the demo's own)")
    for step in walk(out, dt.date.fromisoformat(folder.name)):
        console.print(f"  [green]✓[/] {step}", soft_wrap=True)
    console.print("\n[bold]Done.[/] Nobody in these lists exists. Where to look, and what to try:")
    for heading, lines in to_look_at(out, folder):
        console.print(f"\n{heading}", markup=False, soft_wrap=True)
        for line in lines:
            console.print(f"  {line}", markup=False, soft_wrap=True)
