"""Commands on models: compare two runs, promote a version, roll back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data_schemas.receipts import plain
from flows.cli.options import Accept, By, Json, Out, Reason, app, say


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN", help="An MLflow run id.")],
    second: Annotated[str, typer.Argument(metavar="RUN", help="Another.")],
    out: Out = Path("out"),
    as_json: Json = False,
) -> None:
    """Compare two training runs on the same test dates: first less second, with intervals."""
    from models.compare import compare as paired
    from models.compare import in_words

    found = paired(first, second, out.resolve() / "store")
    say(plain(found) if as_json else in_words(found), as_json=as_json)


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

    promoted(model, version, by, reason, out.resolve() / "store", accept or [])
    say({"champion": f"{model} version {version}, promoted by {by}: {reason}"}, as_json=False)


@app.command()
def rollback(
    model: Annotated[str, typer.Argument(help="The registered model's name, as MLflow shows it.")],
    out: Out = Path("out"),
    by: By = "",
    reason: Reason = "",
) -> None:
    """Make the previous champion the champion again."""
    from models.registry import roll_back

    version = roll_back(model, by, reason, out.resolve() / "store")
    say({"champion": f"{model} version {version}, rolled back to by {by}: {reason}"}, as_json=False)
