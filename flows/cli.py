"""The command line: `neighbourly …`. Exit codes: 0 ok, 1 the run failed, 2 wrong usage or configuration, 3 the data was refused."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from data_schemas.errors import DataRefused, NeighbourlyError
from flows.commands import Command, execute
from flows.guard import guarded

app = typer.Typer(
    name="neighbourly",
    help="Population health risk stratification: with whom to talk, why, what strengths they have, and what near them could help.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Config = Annotated[Path, typer.Option("--config", "-c", help="The site's site.toml.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for stores, models and lists.")]
AsOf = Annotated[
    dt.datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="As-of date; left out: the one in site.toml."),
]
Engine = Annotated[str, typer.Option("--engine", help="What computes the features: polars or spark.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept", help="An alarm that shall not hold the model back; with --as and --reason."),
]
By = Annotated[str, typer.Option("--as", help="Who accepts, approves or asks.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]


def parameters(config: Path, out: Path, as_of: dt.datetime | None, **more: Any) -> dict[str, Any]:
    """The options that every step has, as the flows' parameters."""
    return {"config": str(config), "out": str(out), "as_of": as_of.date() if as_of else None, **more}


def say(result: dict[str, Any], *, as_json: bool) -> None:
    """Print a result: JSON for scripts, or a line per entry."""
    if as_json:
        typer.echo(json.dumps(result, indent=2, default=str))
        return
    console = Console(highlight=False, soft_wrap=True)
    for key, value in result.items():
        if isinstance(value, list):
            console.print(f"{key.replace('_', ' ')}: {'none' if not value else ''}", markup=False)
            for entry in value:
                console.print(f"  • {in_words(entry)}", markup=False)
        else:
            console.print(f"{key.replace('_', ' ')}: {in_words(value)}", markup=False)


def in_words(value: object) -> str:
    """A dictionary as `key value, key value`; anything else as it prints."""
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {entry}" for key, entry in value.items())
    return str(value)


@app.command()
def demo(
    people: Annotated[int, typer.Option(min=2000, help="People in the synthetic borough.")] = 20_000,
    out: Out = Path("demo"),
) -> None:
    """Make a synthetic borough, then do everything `run` does on it."""
    from flows.commands import make_demo

    make_demo(people, out)


@app.command()
def synth(
    people: Annotated[int, typer.Option(min=100, help="How many people.")],
    out: Out,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    as_json: Json = False,
) -> None:
    """Make synthetic extracts with their site.toml, and the true risks in a file of their own."""
    from flows.commands import make_borough

    say(make_borough(people, seed, out), as_json=as_json)


@app.command()
def check(config: Config, out: Out = Path("out"), as_json: Json = False) -> None:
    """Read and validate the extracts, change nothing, write a data-quality report."""
    from flows.commands import check_extracts

    found = check_extracts(parameters(config, out, None))
    say(found, as_json=as_json)
    if found["refusals"]:
        raise DataRefused(found["refusals"])


@app.command()
def run(
    config: Config,
    as_of: AsOf = None,
    out: Out = Path("out"),
    engine: Engine = "polars",
    train: Annotated[bool, typer.Option("--train/--no-train", help="Off: score with the registered champion.")] = True,
    accept: Accept = None,
    by: By = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Ingest, features, train (or the registered champion), score, publish: extracts to lists."""
    acceptances = [{"alarm": alarm, "by": by, "reason": reason} for alarm in accept or []]
    say(
        execute(Command.REFRESH, parameters(config, out, as_of, engine=engine, train=train, accept=acceptances)),
        as_json=as_json,
    )


@app.command()
def ingest(config: Config, out: Out = Path("out"), as_json: Json = False) -> None:
    """Extracts to validated tables and the event log."""
    say(execute(Command.INGEST, parameters(config, out, None)), as_json=as_json)


@app.command()
def features(
    config: Config, as_of: AsOf = None, out: Out = Path("out"), engine: Engine = "polars", as_json: Json = False
) -> None:
    """Features and outcomes at every as-of date the run needs."""
    say(execute(Command.SNAPSHOT, parameters(config, out, as_of, engine=engine)), as_json=as_json)


@app.command()
def train(
    config: Config, as_of: AsOf = None, out: Out = Path("out"), engine: Engine = "polars", as_json: Json = False
) -> None:
    """Train, choose, judge and register a model."""
    say(execute(Command.TRAIN, parameters(config, out, as_of, engine=engine)), as_json=as_json)


@app.command()
def score(
    config: Config, as_of: AsOf = None, out: Out = Path("out"), engine: Engine = "polars", as_json: Json = False
) -> None:
    """Score everyone with the champion, or with the challenger where there is none."""
    say(execute(Command.SCORE, parameters(config, out, as_of, engine=engine)), as_json=as_json)


@app.command()
def publish(
    config: Config, as_of: AsOf = None, out: Out = Path("out"), engine: Engine = "polars", as_json: Json = False
) -> None:
    """Write the lists, the borough view, the report and the manifest."""
    say(execute(Command.PUBLISH, parameters(config, out, as_of, engine=engine)), as_json=as_json)


@app.command()
def serve(config: Config, out: Out = Path("out"), prefect_port: int = 4200, mlflow_port: int = 5000) -> None:
    """Prefect server, MLflow server and the scheduled deployments, in one terminal."""
    from flows.serve import serve as serve_all

    serve_all(config, out, prefect_port, mlflow_port)


def main() -> None:
    """Entry point: errors become a few plain lines and an exit code."""
    try:
        guarded("command line", lambda: app(standalone_mode=True))
    except NeighbourlyError as error:
        tell(error)
        sys.exit(error.exit_code)


def tell(error: NeighbourlyError) -> None:
    """Every problem on a line of its own, on standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    title = {2: "The configuration or the call is wrong", 3: "The data was refused"}.get(
        error.exit_code, "The run failed"
    )
    console.print(f"[bold red]{title}[/] ({len(error.problems)}):")
    for problem in error.problems:
        console.print(f"  • {problem}", markup=False)
