"""Checks folders that a user gives to a command, before it starts anything, writes paths for a shell, and names the
environment variables of a deployment's folders."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from data_schemas.errors import ConfigurationError, RunFailed

CONFIG, OUT = "NEIGHBOURLY_CONFIG", "NEIGHBOURLY_OUT"
"""Environment variables with the site of the process that runs deployments. Nobody can choose another site through
Prefect, because a site's folder contains code (its feature modules)."""


def folder(path: Path) -> Path:
    """Check that a path is a folder or can become one. Raises `ConfigurationError` if it is a file."""
    there = _nearest(path)
    if not there.is_dir():
        raise ConfigurationError(f"{there}: is a file; give a folder with --out")
    return path


def writable(path: Path, with_what: str = "--out") -> Path:
    """Check that this user may write to a folder. Raises `RunFailed` if not. It creates nothing."""
    there = _nearest(path)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = "it is read-only, or belongs to somebody else" if there.is_dir() else "it is a file"
        raise RunFailed(f"{there}: nothing can be written there: {why}; choose another folder with {with_what}")
    return path


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest parent that exists."""
    absolute = path.expanduser().absolute()
    return next(each for each in (absolute, *absolute.parents) if os.path.lexists(each))


def typed(path: Path) -> str:
    """A path in the form to type into a shell."""
    return shlex.quote(str(path))
