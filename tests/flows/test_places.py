"""Folders are checked before anything starts."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data_schemas.errors import ConfigurationError, RunFailed
from flows.cli import app
from flows.places import typed, writable

COMMANDS = [
    "check --config x.toml", "run --config x.toml", "serve --config x.toml", "governance --config x.toml", "synth --people 100",
    "approve 2026-04-01", "audit", "doctor", "backup x.tar", "purge --older-than 2y",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("below", ["", "deeper/out"])
def test_a_file_in_the_way_is_wrong_usage_for_every_command(command: str, below: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = CliRunner().invoke(app, [*command.split(), "--out", str(tmp_path / "file" / below)])
    assert isinstance(done.exception, ConfigurationError)
    assert done.exception.problems == [f"{tmp_path / 'file'}: is a file; give a folder with --out"]
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="only a user with bounds cannot write everywhere")
def test_a_folder_of_somebody_else_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunFailed, match="nothing can be written there"):
        writable(tmp_path / "out")


def test_a_file_in_the_way_of_a_servers_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        RunFailed, match="file: nothing can be written there: it is a file; choose another folder with PREFECT_HOME"
    ):
        writable(tmp_path / "file" / "prefect", "PREFECT_HOME")


@pytest.mark.parametrize("name", ["out", "our site", "what?", "50%", "it's", "a;b"])
def test_a_path_to_copy_is_one_word_of_a_shell(name: str) -> None:
    assert shlex.split(typed(Path(name))) == [name]
