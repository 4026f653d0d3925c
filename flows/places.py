"""Folders that a command is given, looked at before anything is started; and how they are written in a line to copy."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from data_schemas.errors import ConfigurationError, RunFailed


def folder(path: Path) -> Path:
    """The path, which is a folder or can become one. Raises `ConfigurationError` if a file is in its place."""
    there = _nearest(path)
    if not there.is_dir():
        raise ConfigurationError(f"{there}: is a file; give a folder with --out")
    return path


def writable(path: Path, with_what: str = "--out") -> Path:
    """The folder, if this user may write to it. Raises `RunFailed` if not. Nothing is created."""
    there = _nearest(path)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = "it is read-only, or belongs to somebody else" if there.is_dir() else "it is a file"
        raise RunFailed(f"{there}: nothing can be written there: {why}; choose another folder with {with_what}")
    return path


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest above it that exists."""
    absolute = path.expanduser().absolute()
    return next(each for each in (absolute, *absolute.parents) if os.path.lexists(each))


def typed(path: Path) -> str:
    """A path as it is typed into a shell."""
    return shlex.quote(str(path))
