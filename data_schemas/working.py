"""Working files of snapshots. They are about people, and only a run that is taking a snapshot needs them."""

from __future__ import annotations

import shutil
from pathlib import Path

WORKING = "working"
"""The folder of a snapshot with files that are deleted when the snapshot is done."""
EARLIER = ("long", "context", "registered.parquet", "facts.parquet")
"""Names of working files in a snapshot's folder, in earlier releases."""


def delete_working(store: Path) -> None:
    """Delete the working files that killed runs left, in whole snapshots too. A snapshot that continues writes its own
    again.
    """
    for name in (WORKING, *EARLIER):
        for path in store.glob(f"snapshots/*/{name}"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
