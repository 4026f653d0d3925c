"""Declares `neighbourly init`, which writes a first site.toml for a site's own extracts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import Json, app, print_result
from flows.places import typed

if TYPE_CHECKING:
    from pipeline.drafting import Draft

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that holds your extracts.")]


@app.command()
def init(folder: Folder, as_json: Json = False) -> None:
    """Write a commented site.toml from the files in a folder. Never overwrites anything."""
    from pipeline.drafting import draft

    print_result(_in_words(draft(folder)), as_json=as_json)


def _in_words(made: Draft) -> dict[str, Any]:
    """State what was guessed, what was not used, what is still missing and what to do next."""
    marks = {
        section.table: [
            *(f"{name} is missing" for name in section.guess.missing),
            *(["its dates could not be read"] if section.unreadable_dates else []),
            *([f"dates read as {section.date_format}"] if section.date_format else []),
            *(f"{ours} read from {theirs}" for ours, theirs in section.guess.columns.items()),
        ]
        for section in made.sections
    }
    return {
        "written": str(made.path),
        "guessed": [
            "; ".join([f"{section.table}: {section.path} ({section.grounds})", *marks[section.table]])
            for section in made.sections
        ],
        "files not used": list(made.unused),
        "still needed": list(made.missing),
        "next": f"look through it, then run: neighbourly check --config {typed(made.path)}",
    }
