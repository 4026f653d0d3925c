"""Declares commands for a run and its steps: demo, check, run, ingest, features, train, score, publish, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data_schemas.errors import DataRefused
from flows.cli import commands
from flows.cli.commands import execute
from flows.cli.options import (
    Accept,
    AsOf,
    By,
    Config,
    Engine,
    Json,
    Out,
    Reason,
    Recalibrate,
    acceptances,
    app,
    parameters,
    print_result,
)


@app.command()
def demo(
    people: Annotated[int, typer.Option(min=2000, help="People in the synthetic borough.")] = 20_000,
    out: Out = Path("demo"),
) -> None:
    """Make a synthetic borough, then do everything on it that `run` does."""
    from flows.cli.commands import make_demo

    make_demo(people, out)


@app.command()
def check(config: Config, out: Out = Path("out"), as_json: Json = False) -> None:
    """Read and validate the extracts and write a data-quality report. Changes nothing."""
    from flows.cli.commands import check_extracts
    from flows.cli.quality import show

    report = check_extracts(parameters(config, out, None))
    if as_json:
        print_result(report, as_json=True)
    else:
        show(report)
    if report["refusals"]:
        raise DataRefused(report["refusals"])


@app.command()
def run(
    config: Config,
    as_of: AsOf = None,
    out: Out = Path("out"),
    engine: Engine = "polars",
    train: Annotated[
        bool, typer.Option("--train/--no-train", help="With --no-train: score with the registered champion.")
    ] = True,
    recalibrate: Recalibrate = False,
    accept: Accept = None,
    by: By = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Do everything, from extracts to lists: ingest, features, train (or use the champion), score, publish."""
    more = {"engine": engine, "train": train, "recalibrate": recalibrate, "accept": acceptances(accept, by, reason)}
    print_result(execute(commands.refresh, parameters(config, out, as_of, **more)), as_json=as_json)


@app.command()
def ingest(config: Config, out: Out = Path("out"), as_json: Json = False) -> None:
    """Turn the extracts into validated tables and the event log."""
    print_result(execute(commands.ingest, parameters(config, out, None)), as_json=as_json)


@app.command()
def features(
    config: Config, as_of: AsOf = None, out: Out = Path("out"), engine: Engine = "polars", as_json: Json = False
) -> None:
    """Work out features and outcomes at every as-of date that the run needs."""
    print_result(execute(commands.snapshot, parameters(config, out, as_of, engine=engine)), as_json=as_json)


@app.command()
def train(
    config: Config,
    as_of: AsOf = None,
    out: Out = Path("out"),
    engine: Engine = "polars",
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Also test the model without each family of features.")
    ] = False,
    tune: Annotated[
        int, typer.Option("--tune", min=0, max=200, help="How many settings to try, inside the training dates.")
    ] = 0,
    rolling: Annotated[
        bool,
        typer.Option(
            "--rolling",
            help="Also test the model at every date that the data allow, each time trained only on what was known by then, and show"
            " how scores age: a model for each date, so some minutes on a large site.",
        ),
    ] = False,
    accept: Accept = None,
    by: By = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Train, choose, test and register a model."""
    more = {
        "engine": engine,
        "ablate": ablate,
        "rolling": rolling,
        "tune": tune,
        "accept": acceptances(accept, by, reason),
    }
    print_result(execute(commands.train, parameters(config, out, as_of, **more)), as_json=as_json)


@app.command()
def update(
    config: Config,
    as_of: AsOf = None,
    out: Out = Path("out"),
    engine: Engine = "polars",
    accept: Accept = None,
    by: By = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Update the champion by the newest outcomes, as far as they call for it.

    It is kept, its intercept or its intercept and slope are changed, or it is trained again.
    """
    more = {"engine": engine, "accept": acceptances(accept, by, reason)}
    print_result(execute(commands.update, parameters(config, out, as_of, **more)), as_json=as_json)


@app.command()
def score(
    config: Config,
    as_of: AsOf = None,
    out: Out = Path("out"),
    engine: Engine = "polars",
    recalibrate: Recalibrate = False,
    as_json: Json = False,
) -> None:
    """Score everyone with the champion, or with the challenger if there is none."""
    print_result(
        execute(commands.score, parameters(config, out, as_of, engine=engine, recalibrate=recalibrate)), as_json=as_json
    )


@app.command()
def publish(
    config: Config,
    as_of: AsOf = None,
    out: Out = Path("out"),
    engine: Engine = "polars",
    recalibrate: Recalibrate = False,
    as_json: Json = False,
) -> None:
    """Write the lists, the borough view, the report and the manifest."""
    print_result(
        execute(commands.publish, parameters(config, out, as_of, engine=engine, recalibrate=recalibrate)),
        as_json=as_json,
    )
