"""Declares the command on one person's score: explain."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from data_schemas.errors import ConfigurationError
from flows.cli.options import Out, app, print_result


@app.command()
def explain(
    person: Annotated[str, typer.Argument(metavar="PSEUDONYM", help="The person's pseudonym, as on the list.")],
    run: Annotated[dt.datetime, typer.Option("--run", formats=["%Y-%m-%d"], help="The run's as-of date.")],
    by: Annotated[str, typer.Option("--as", help="Who asks; goes into the audit log.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; goes into the audit log.")],
    to: Annotated[Path, typer.Option("--to", help="The file that the answer is written to; it is about a person.")],
    out: Out = Path("out"),
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if", help="A fact as it might be, FEATURE=VALUE, within what training saw. May be repeated."
        ),
    ] = None,
) -> None:
    """Explain one person's score, and what the model would predict with other facts. The question is audited.

    The answer goes to a file that only the owner can read. It says what the model uses, not what causes an admission.
    """
    from flows.asking import answer

    if not by.strip() or not reason.strip():
        raise ConfigurationError("say who asks (--as) and why (--reason): both go into the audit log")
    answer(person, run.date(), out.resolve(), changes(what_if or []), to, who=by, why=reason)
    print_result(
        {
            "written": str(to),
            "it is about a person": "keep it where patient data may be, and delete it when you are done",
        },
        as_json=False,
    )


def changes(given: list[str]) -> dict[str, float]:
    """Read every `feature=value`. Raises `ConfigurationError` with those that have another form."""
    values, problems = {}, []
    for entry in given:
        name, _, value = entry.partition("=")
        try:
            values[name.strip()] = float(value)
        except ValueError:
            problems.append(f"--what-if {entry}: write FEATURE=VALUE, VALUE a number, as in measure_bmi_latest=27")
    if problems:
        raise ConfigurationError(problems)
    return values
