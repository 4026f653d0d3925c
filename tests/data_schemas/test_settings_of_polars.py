"""Polars reads how it should use memory when it is loaded, so our settings must be there before."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

NAME = "_RJEM_MALLOC_CONF"


def used(module: str, **more: str) -> str:
    """What Polars was given in a process that imports only this module."""
    environment = {name: value for name, value in os.environ.items() if name != NAME} | more
    code = f"import os, {module}, polars; print(os.environ['{NAME}'])"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["flows.cli", "flows.tasks", "pipeline.ingest", "models.train", "neighbourly.site"])
def test_memory_is_given_back_soon_whatever_is_imported_first(module: str) -> None:
    assert used(module).endswith("muzzy_decay_ms:0")


def test_the_users_own_settings_count() -> None:
    assert used("pipeline.ingest", **{NAME: "dirty_decay_ms:900"}).endswith("dirty_decay_ms:900")
