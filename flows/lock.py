"""One run at a time in an output folder."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_schemas import disk

ANYBODY = 0o666
"""The lock lies in a folder of all users, and another user's run has to wait too."""


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Only one run at a time works in an output folder; a second one waits. Nothing is written into the folder for it."""
    name = f"neighbourly-{hashlib.sha256(str(out).encode()).hexdigest()[:16]}.lock"
    with disk.lock(Path(tempfile.gettempdir()) / name, ANYBODY):
        yield
