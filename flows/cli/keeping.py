"""Declares commands for long-term operation: doctor, backup, restore, purge."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import Json, Out, app, print_result

if TYPE_CHECKING:
    from flows.doctor import Finding

MaybeConfig = Annotated[Path | None, typer.Option("--config", "-c", help="The site's site.toml, to be looked at too.")]


@app.command()
def doctor(config: MaybeConfig = None, out: Out = Path("out"), as_json: Json = False) -> None:
    """Check that everything works: versions, servers, disk, clock, permissions, stores, and whether the last run is
    late.
    """
    from flows.doctor import findings

    results = findings(config, out)
    shown = {"findings": [dataclasses.asdict(each) for each in results]} if as_json else _by_standing(results)
    print_result(shown, as_json=as_json)
    if any(each.standing == "wrong" for each in results):
        raise typer.Exit(1)


def _by_standing(results: list[Finding]) -> dict[str, list[str]]:
    standings = {each.standing for each in results}
    return {
        name: [f"{each.what}: {each.detail}" for each in results if each.standing == name]
        for name in ("wrong", "look", "well")
        if name in standings
    }


@app.command()
def backup(
    to: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write, best on another disk, such as out-2026-04.tar.")
    ],
    out: Out = Path("out"),
    as_json: Json = False,
) -> None:
    """Write the output folder into one file, and check it. Waits for a run to finish.

    It holds rows about people, so keep it as you keep the folder. PostgreSQL databases that the environment names are
    in it; Prefect's history in its own file, and records on other servers, are not.
    """
    from flows.backup import backup as write

    print_result(write(out, to), as_json=as_json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` wrote.")],
    out: Out = Path("out"),
    as_json: Json = False,
) -> None:
    """Put a backup back, checked file by file, into a folder that is new or empty.

    The folder may have another path than before.
    """
    from flows.backup import restore as put_back

    print_result(put_back(file, out), as_json=as_json)


@app.command()
def purge(
    older_than: Annotated[str, typer.Option("--older-than", help="Age, such as 2y, 18m, 12w or 90d.")],
    config: MaybeConfig = None,
    out: Out = Path("out"),
    yes: Annotated[bool, typer.Option("--yes", help="Remove it. If left out, only show what would go.")] = False,
    as_json: Json = False,
) -> None:
    """Remove old rows about people: runs, released lists, store and ledger; with --config, feedback too.

    Prefect's records of old flow runs are removed too.

    The audit log, reports, model cards and models stay.
    """
    from flows.purge import purge as remove

    feedback = config.parent / "feedback" if config else None
    print_result(remove(out, older_than, feedback, really=yes), as_json=as_json)
