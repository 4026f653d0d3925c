"""Checks the format of an output folder: older ones open, and newer ones are refused before anything changes in
them."""

from __future__ import annotations

import json
from pathlib import Path

from data_schemas import disk
from data_schemas.errors import RunFailed
from flows.version import code_version

FORMAT = 3
"""The number of this format. Increase it when an earlier release could not read what this one writes. Release 0.1 wrote
format 1, without a mark. Since format 3, the types of a feature's columns differ between files."""
MARK = "store/format.json"


def refuse_newer(out: Path) -> None:
    """Raise RunFailed for a folder that a newer release has written, or whose mark cannot be read."""
    path = out / MARK
    if not path.exists():
        return
    try:
        mark = json.loads(path.read_bytes())
        written, made_by = int(mark["format"]), str(mark["made_by"])
    except (ValueError, KeyError, TypeError):
        raise RunFailed(f"{path}: cannot be read; delete it if no newer release has worked here") from None
    if written > FORMAT:
        raise RunFailed(
            f"{out}: was written by a newer release ({made_by}, format {written}; this one knows formats up to {FORMAT}). "
            "Update Neighbourly, or give another folder with --out"
        )


def mark(out: Path) -> None:
    """Write the format of a folder that has a store to a file."""
    path = out / MARK
    if not path.parent.is_dir():
        return
    content = json.dumps({"format": FORMAT, "made_by": f"neighbourly {code_version()}"})
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        disk.write(path, content)
