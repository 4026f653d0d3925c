"""Declares options that commands share, and prints: results on standard output, problems on standard error."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from typer.core import TyperGroup

from data_schemas.errors import NeighbourlyError
from flows.places import folder

ORDER = (
    "demo", "synth", "init", "check", "run", "ingest", "features", "train", "update", "score", "publish", "serve", "deploy", "worker",
    "approve", "reject", "release", "deliveries", "audit", "reidentify", "compare", "explain", "promote", "rollback",
    "impact", "rollout-plan", "monitor", "export", "doctor", "backup", "restore", "purge",
    "governance",
)  # fmt: skip


class InOrder(TyperGroup):
    """Commands in the order in which people need them, not in the order of imports."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The names that `--help` shows."""
        place = {name: number for number, name in enumerate(ORDER)}
        return sorted(super().list_commands(ctx), key=lambda name: (place.get(name, len(ORDER)), name))


UNFOLDED = 10_000
"""Width of text for a file or a program, in columns."""
app = typer.Typer(
    name="neighbourly",
    cls=InOrder,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from flows.version import code_version

        typer.echo(f"neighbourly {code_version()}")
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Population health risk stratification: who to talk to, why, their strengths, and what near them could help."""


Config = Annotated[Path, typer.Option("--config", "-c", help="The site's site.toml.")]
Out = Annotated[Path, typer.Option("--out", "-o", callback=folder, help="Folder for stores, models and lists.")]
AsOf = Annotated[
    dt.datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="As-of date. If left out: the one in site.toml."),
]
Engine = Annotated[str, typer.Option("--engine", help="Where the features are computed: polars or spark.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept", help="An alarm that must not hold the model back; with --as and --reason."),
]
Recalibrate = Annotated[
    bool,
    typer.Option(
        "--recalibrate",
        help="Recalibrate: shift all risks so that predicted and observed totals match, if observed/expected is clearly not 1. The"
        " ranking and the alarms stay; report and model card say by how much (docs/decisions/0006).",
    ),
]
By = Annotated[
    str, typer.Option("--as", help="Who decides. Left out: the account that you are signed in with on this machine.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]


def parameters(config: Path, out: Path, as_of: dt.datetime | None, **more: Any) -> dict[str, Any]:
    """Turn the options that every step has into the flows' parameters."""
    return {"config": str(config), "out": str(out), "as_of": as_of.date() if as_of else None, **more}


def acceptances(alarms: list[str] | None, by: str, reason: str) -> list[dict[str, str]]:
    """Turn accepted alarms into the flows' parameters."""
    from pipeline.release.audit import account

    return [{"alarm": alarm, "by": by.strip() or account(), "reason": reason} for alarm in alarms or []]


def print_result(result: dict[str, Any], *, as_json: bool) -> None:
    """Print a result: JSON for scripts, or one line per entry."""
    if as_json:
        typer.echo(json.dumps(result, indent=2, default=str))
        return
    console = folding()
    for key, value in result.items():
        if isinstance(value, list):
            _line(console, f"{key.replace('_', ' ')}: {'none' if not value else ''}".rstrip())
            for entry in value:
                _line(console, f"  • {in_words(entry)}")
        else:
            _line(console, f"{key.replace('_', ' ')}: {in_words(value)}")


def _line(console: Console, text: str) -> None:
    """Print a line of a result. A line with a path or a command is not folded, so that people can copy it."""
    console.print(text, markup=False, soft_wrap="/" in text or "neighbourly " in text)


def folding(*, stderr: bool = False) -> Console:
    """Make a console that folds sentences at a terminal's width. Text for a file or a program is not folded."""
    folds = (sys.stderr if stderr else sys.stdout).isatty() or "COLUMNS" in os.environ
    return Console(stderr=stderr, highlight=False, width=None if folds else UNFOLDED)


def bullet(console: Console, line: str) -> None:
    """Print one entry of a list, with further lines indented. Text for a file has no trailing blanks."""
    folds = console.width < UNFOLDED
    console.print(Padding(f"• {line}", (0, 0, 0, 2)) if folds else f"  • {line}", markup=False)


def in_words(value: object) -> str:
    """Write a dictionary as `key value, key value`, and anything else as it prints."""
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {entry}" for key, entry in value.items())
    return str(value)


def print_error(error: NeighbourlyError) -> None:
    """Print each problem on its own line, on standard error."""
    console = folding(stderr=True)
    title = {2: "The configuration or the call is wrong", 3: "The data was refused"}.get(
        error.exit_code, "The run failed"
    )
    console.print(f"[bold red]{title}[/] ({len(error.problems)}):")
    for problem in error.problems:
        bullet(console, problem)
