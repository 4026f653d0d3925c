"""Identifies the code that ran: the release and a hash of the source files. Caches and manifests notice changes by
it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("data_schemas", "pipeline", "models", "flows", "neighbourly")


@cache
def code_version() -> str:
    """`<release>+<first 12 hex digits of the SHA-256 over all source files, code lists, profiles and templates>`."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
                digest.update(path.read_bytes())
    return f"{version('neighbourly')}+{digest.hexdigest()[:12]}"
