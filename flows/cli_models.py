"""Commands on models: compare two runs, promote a version, roll back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.options import By, Json, Out, Reason, app, say


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN", help="An MLflow run id.")],
    second: Annotated[str, typer.Argument(metavar="RUN", help="Another.")],
    out: Out = Path("out"),
    as_json: Json = False,
) -> None:
    """The paired difference of two training runs (first less second) with its interval, on the same test dates."""
    from models.compare import compare as paired

    say(paired(first, second, out.resolve() / "store"), as_json=as_json)


@app.command()
def promote(
    model: Annotated[str, typer.Argument(help="The registered model's name, as MLflow shows it.")],
    version: Annotated[str, typer.Argument(help="Its version.")],
    out: Out = Path("out"),
    by: By = "",
    reason: Reason = "",
) -> None:
    """Make a registered version the champion, by a person's decision."""
    from models.registry import promote as promoted

    promoted(model, version, by, reason, out.resolve() / "store")
    say({"champion": f"{model} version {version}"}, as_json=False)


@app.command()
def rollback(
    model: Annotated[str, typer.Argument(help="The registered model's name, as MLflow shows it.")],
    out: Out = Path("out"),
    by: By = "",
    reason: Reason = "",
) -> None:
    """Make the champion before this one champion again."""
    from models.registry import roll_back

    version = roll_back(model, by, reason, out.resolve() / "store")
    say({"champion": f"{model} version {version}"}, as_json=False)
