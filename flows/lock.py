"""One run at a time in an output folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_in(out: Path) -> Iterator[None]:
    """Only one run at a time works in an output folder; a second one waits. Nothing is written into the folder for it."""
    name = f"neighbourly-{hashlib.sha256(str(out).encode()).hexdigest()[:16]}.lock"
    with _locked(Path(tempfile.gettempdir()) / name):
        yield


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
