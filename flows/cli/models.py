"""Declares commands on models: compare two runs, promote a version, roll back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from data_schemas.errors import ConfigurationError
from data_schemas.receipts import plain
from flows.cli.options import Accept, By, Json, Out, Reason, app, print_result


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN", help="An MLflow run id.")] = "",
    second: Annotated[str, typer.Argument(metavar="RUN", help="Another.")] = "",
    out: Out = Path("out"),
    every: Annotated[
        bool, typer.Option("--all", help="Put every training into one table and one page, in OUT/compare.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare two training runs on the same test dates (first less second, with intervals), or list all trainings."""
    if every == bool(first or second) or bool(first) != bool(second):
        raise ConfigurationError("compare takes two run ids, or --all; MLflow's runs page and --all list the ids")
    print_result(_all_trainings(out) if every else _two(first, second, out, as_json=as_json), as_json=as_json)


def _two(first: str, second: str, out: Path, *, as_json: bool) -> dict[str, Any]:
    from models.compare import compare as paired
    from models.compare import in_words

    comparison = paired(first, second, out.resolve() / "store")
    return cast("dict[str, Any]", plain(comparison)) if as_json else in_words(comparison)


def _all_trainings(out: Path) -> dict[str, Any]:
    from flows.trainings import write
    from models.registry.trainings import trainings

    return write(trainings(out.resolve() / "store"), out.resolve())


@app.command()
def promote(
    model: Annotated[str, typer.Argument(help="The registered model's name, as MLflow shows it.")],
    version: Annotated[str, typer.Argument(help="Its version.")],
    out: Out = Path("out"),
    accept: Accept = None,
    by: By = "",
    reason: Reason = "",
) -> None:
    """Make a registered version the champion, by a person's decision. Every alarm on it must be accepted by name."""
    from models.registry import promote as promoted

    who = _decider(out, by, "promote models")
    promoted(model, version, who, reason, out.resolve() / "store", accept or [])
    print_result({"champion": f"{model} version {version}, promoted by {who}: {reason}"}, as_json=False)


@app.command()
def rollback(
    model: Annotated[str, typer.Argument(help="The registered model's name, as MLflow shows it.")],
    out: Out = Path("out"),
    by: By = "",
    reason: Reason = "",
) -> None:
    """Make the previous champion the champion again."""
    from models.registry import roll_back

    who = _decider(out, by, "roll models back")
    version = roll_back(model, who, reason, out.resolve() / "store")
    print_result({"champion": f"{model} version {version}, rolled back to by {who}: {reason}"}, as_json=False)


def _decider(out: Path, by: str, to_do: str) -> str:
    """Check who decides on the models of this output folder."""
    from flows.access.here import agreed, decider

    return decider(agreed(out), ("analysts", "approvers"), by, to_do)
