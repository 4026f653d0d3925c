"""Works out hashes of the files that the results of steps depend on."""

from __future__ import annotations

import os
from pathlib import Path

from data_schemas.disk import sha256
from pipeline.settings import Settings


def content(settings: Settings) -> dict[str, str]:
    """SHA-256 of every extract file, by its path relative to site.toml, so that a site can be moved as a whole."""
    files = {file for extract in settings.extracts.values() for file in (*extract.files, extract.lookup_file) if file}
    return {place(path, settings): sha256(path) for path in sorted(files)}


def declared(settings: Settings) -> dict[str, str]:
    """SHA-256 of the site's own feature modules and code lists."""
    own = [settings.folder / f"{module.replace('.', '/')}.py" for module in settings.features.modules]
    paths = [path for path in (*own, *settings.features.codelists) if path.exists()]
    return {place(path, settings): sha256(path) for path in paths}


def place(path: Path, settings: Settings) -> str:
    """The path of a site's file, relative to its site.toml."""
    return os.path.relpath(path, settings.folder)
