"""Declares commands on what lists and programmes changed: impact, and planning a roll-out that can be evaluated."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from flows.cli import commands
from flows.cli.commands import run_beside_server, validated
from flows.cli.options import AsOf, By, Config, Json, Out, app, parameters, print_result


@app.command()
def impact(
    programme: Annotated[
        str, typer.Argument(help="The programme's name in the interventions table, or a name for the list.")
    ],
    config: Config,
    design: Annotated[str, typer.Option(help="randomised, matched, lottery or stepped.")],
    outcome: Annotated[str, typer.Option(help="The main outcome; if left out: the site's own.")] = "",
    horizon: Annotated[int | None, typer.Option(help="Days of follow-up; if left out: the site's own horizon.")] = None,
    adjust: Annotated[
        list[str] | None, typer.Option(help="A further concept to adjust for, known by the start. May be repeated.")
    ] = None,
    as_of: AsOf = None,
    out: Out = Path("out"),
    by: By = "",
    as_json: Json = False,
) -> None:
    """Say what a programme, or the list itself, changed.

    The protocol comes first, and no effect or harm is reported as plainly as benefit.
    """
    from flows.parameters import ImpactParameters

    values = {"programme": programme, "design": design, "outcome": outcome, "horizon": horizon, "adjust": adjust or []}
    more = {**values, **({"by": by} if by.strip() else {})}
    checked = partial(validated, ImpactParameters, parameters(config, out, as_of, **more))
    print_result(run_beside_server(commands.impact, checked), as_json=as_json)


@app.command("rollout-plan")
def rollout_plan(
    config: Config,
    clusters: Annotated[str, typer.Option(help="Cluster codes, separated by commas; if left out: all.")] = "",
    steps: Annotated[int, typer.Option(help="Steps in which clusters start; if left out: one per cluster.")] = 0,
    step_months: Annotated[int, typer.Option("--step-months", help="Months between two steps.")] = 3,
    design: Annotated[str, typer.Option(help="stepped, parallel or lottery.")] = "stepped",
    effect: Annotated[float, typer.Option(help="The change you hope for, as a share: -0.1 is a tenth less.")] = -0.1,
    as_of: AsOf = None,
    out: Out = Path("out"),
    as_json: Json = False,
) -> None:
    """Plan a roll-out whose effect can be measured.

    Draws a balanced order, and says from the site's own past what it could show.
    """
    codes = [code.strip() for code in clusters.split(",") if code.strip()]
    from flows.parameters import RolloutParameters

    values = {"clusters": codes, "steps": steps, "step_months": step_months, "design": design, "effect": effect}
    checked = partial(validated, RolloutParameters, parameters(config, out, as_of, **values))
    print_result(run_beside_server(commands.rollout, checked), as_json=as_json)
