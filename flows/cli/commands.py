"""Does the work of the commands: checks the configuration first, then runs a flow with a Prefect server."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from data_schemas import invalid
from data_schemas.errors import ConfigurationError
from data_schemas.memory import keep_what_is_loaded
from data_schemas.servers import refuse_silent
from data_schemas.workers import processes, without_ctrl_c
from flows.environment import TemporaryServer, early_server, open_early, prefect_server
from flows.places import writable

if TYPE_CHECKING:
    from flows.parameters import ImpactParameters, RolloutParameters, RunParameters

Parameters = TypeVar("Parameters", bound="RunParameters")
Asked = TypeVar("Asked", bound=BaseModel)
Flow = Callable[[Parameters], object]
"""A flow. It is imported while the server starts, because its libraries take seconds."""


def execute(flow: Callable[[], Flow[RunParameters]], options: dict[str, Any]) -> dict[str, Any]:
    """Run a flow and return its result as plain data. Configuration problems are reported before any server serves."""
    return run_beside_server(flow, lambda: parameters(options))


def run_beside_server(flow: Callable[[], Flow[Parameters]], asked: Callable[[], Parameters]) -> dict[str, Any]:
    """Run the flow that `flow` imports, with the parameters that `asked` checks. A server starts meanwhile."""
    with early_server() as early:
        return _run(flow, asked(), early)


def _run(flow: Callable[[], Flow[Parameters]], asked: Parameters, early: TemporaryServer | None) -> dict[str, Any]:
    checked = by_this_account(asked)
    writable(checked.folder)
    refuse_silent({name: os.environ.get(name) for name in ("PREFECT_API_URL", "MLFLOW_TRACKING_URI")})
    with prefect_server(early) as ready:
        imported = flow()
        keep_what_is_loaded()
        ready()
        return plain(imported(checked))


def by_this_account(asked: Parameters) -> Parameters:
    """Set who accepts the alarms of a run: the account that asks for it. Raises ConfigurationError if the account may
    not start a run."""
    from flows.access.here import decider

    access = asked.settings().access
    decider(access, ("analysts", "approvers"), "", "start runs")
    accept = [
        each.model_copy(update={"by": decider(access, ("analysts", "approvers"), each.by, "accept alarms")})
        for each in asked.accept
    ]
    return asked.model_copy(update={"accept": accept})


def parameters(options: dict[str, Any]) -> RunParameters:
    """Validate the parameters of a run."""
    from flows.parameters import RunParameters

    return validated(RunParameters, options)


def validated(kind: type[Asked], options: dict[str, Any]) -> Asked:
    """Validate parameters. A `ConfigurationError` names every option that is wrong."""
    try:
        return kind(**options)
    except ValidationError as error:
        found = [f"{invalid.place(at).removeprefix('.')}: {what}" for at, what in invalid.problems(error, kind)]
        raise ConfigurationError(found) from None


def ingest() -> Flow[RunParameters]:
    """Turn the extracts into validated tables and the event log."""
    from flows.ingest import ingest as flow

    return flow


def snapshot() -> Flow[RunParameters]:
    """Work out features and outcomes."""
    from flows.snapshot import snapshot as flow

    return flow


def train() -> Flow[RunParameters]:
    """Train, test and register a model."""
    from flows.train import train as flow

    return _with_mlflow(flow)


def update() -> Flow[RunParameters]:
    """Update the champion with the newest outcomes."""
    from flows.update import update as flow

    return _with_mlflow(flow)


def score() -> Flow[RunParameters]:
    """Work out everybody's risk."""
    from flows.score import score as flow

    return _with_mlflow(flow)


def publish() -> Flow[RunParameters]:
    """Write the lists and pages."""
    from flows.publish import publish as flow

    return _with_mlflow(flow)


def refresh() -> Flow[RunParameters]:
    """Run every step."""
    from flows.refresh import refresh as flow

    return _with_mlflow(flow)


@cache
def demo() -> Flow[RunParameters]:
    """Run every step on the demo's borough."""
    from flows.demo_run import demo as flow

    return _with_mlflow(flow)


def impact() -> Flow[ImpactParameters]:
    """Report what a programme changed."""
    from flows.impact import impact as flow

    return flow


def monitor() -> Flow[RunParameters]:
    """Compare outcomes of each cluster with England."""
    from flows.monitor import monitor as flow

    return flow


def export() -> Flow[RunParameters]:
    """Write the event log in another format."""
    from flows.export import export as flow

    return flow


def rollout() -> Flow[RolloutParameters]:
    """Plan a roll-out that can be evaluated."""
    from flows.rollout import rollout as flow

    return flow


def _with_mlflow(flow: Flow[RunParameters]) -> Flow[RunParameters]:
    """Return the flow, and import scikit-learn and MLflow in the background: the first steps need neither."""
    Thread(target=_learning, name="learning", daemon=True).start()
    return flow


def _learning() -> None:
    from models.registry import warm_up

    warm_up()


def plain(result: object) -> dict[str, Any]:
    """Turn a receipt, or several, into a dictionary."""
    if isinstance(result, dict):
        return result
    if isinstance(result, list):
        return {str(getattr(r, "as_of", i)): dataclasses.asdict(r) for i, r in enumerate(result)}
    return dataclasses.asdict(result)  # type: ignore[call-overload,no-any-return]


def check_extracts(options: dict[str, Any]) -> dict[str, Any]:
    """Write the data-quality report of the configured extracts."""
    checked = parameters(options)
    writable(checked.folder)
    from flows.checked import checked_report
    from flows.progress import looking

    with looking("Reading and validating the extracts") as progress:
        return checked_report(checked, progress)


def make_demo(people: int, out: Path) -> None:
    """Make the synthetic borough, run everything on it, work through two months of its lists, and show where to
    look."""
    from data_schemas.codelists import built_in
    from flows.cli.synth import demo_borough
    from flows.demo import ledger_in_short, to_look_at
    from flows.progress import console, done
    from pipeline.synthetic.borough import refuse_foreign

    refuse_foreign(out / "borough")
    console.print(f"[bold]A synthetic borough of {people:,} people, and everything `neighbourly run` does on it[/]")
    with early_server() as early:
        with processes() as inventing:
            with without_ctrl_c():
                made = inventing.submit(demo_borough, people, out / "borough")
            demo()  # its libraries and the code lists load meanwhile, and the server opens its database
            built_in()
            open_early(early)
            made.result()
        site = out / "borough" / "site.toml"
        result = _run(demo, parameters({"config": str(site), "out": str(out)}), early)
    folder = out / Path(result["folder"]).name
    done(ledger_in_short(out))
    impact_result = result["impact"]
    done(f"An invented programme judged: {impact_result['verdict']} {impact_result['headline']}")
    console.print("\n[bold]Done.[/] Nobody in these lists exists. Where to look, and what to try:")
    for heading, lines in to_look_at(out, folder):
        console.print(f"\n{heading}", markup=False, soft_wrap=True)
        for line in lines:
            console.print(f"  {line}", markup=False, soft_wrap=True)
