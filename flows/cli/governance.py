"""Declares `neighbourly governance`, which writes documents for information governance and clinical safety."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Config, Json, app, print_result
from flows.places import folder

Folder = Annotated[Path, typer.Option("--out", "-o", callback=folder, help="Folder for the documents.")]


@app.command()
def governance(config: Config, out: Folder = Path("governance"), as_json: Json = False) -> None:
    """Write a DPIA start, intended purpose, hazard log, DTAC and DSPT lists and a privacy notice from site.toml.

    Blanks for people are marked [TO FILL IN: …]. Documents that were changed are never overwritten.
    """
    from flows.version import code_version
    from pipeline.governance import write
    from pipeline.settings import load_settings

    blanks = write(load_settings(config), code_version(), out)
    written = [{"document": str(out / name), "blanks": count} for name, count in blanks.items()]
    print_result(
        {"written": written, "blanks": sum(blanks.values()), "next": f"start with {out / 'README.md'}"}, as_json=as_json
    )
