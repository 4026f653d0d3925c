"""Commands on what lists and programmes changed: impact."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.commands import Command, execute
from flows.cli.options import AsOf, By, Config, Json, Out, app, parameters, say


@app.command()
def impact(
    programme: Annotated[
        str, typer.Argument(help="The programme's name in the interventions table, or a name for the list.")
    ],
    config: Config,
    design: Annotated[str, typer.Option(help="randomised, matched, lottery or stepped.")],
    outcome: Annotated[str, typer.Option(help="The main outcome; left out: the site's own.")] = "",
    horizon: Annotated[int | None, typer.Option(help="Days of follow-up; left out: the site's own horizon.")] = None,
    adjust: Annotated[
        list[str] | None, typer.Option(help="A further concept to adjust for, known by the start. May be repeated.")
    ] = None,
    as_of: AsOf = None,
    out: Out = Path("out"),
    by: By = "",
    as_json: Json = False,
) -> None:
    """What a programme, or the list itself, changed: the protocol first, then outcomes, nothing and harm said as plainly as good."""
    asked = {"programme": programme, "design": design, "outcome": outcome, "horizon": horizon, "adjust": adjust or []}
    more = {**asked, **({"by": by} if by.strip() else {})}
    say(execute(Command.IMPACT, parameters(config, out, as_of, **more)), as_json=as_json)
