"""The command line as people see it: help, exit codes, messages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rich.text import Text
from typer.main import get_command
from typer.testing import CliRunner

from flows.cli import app

COMMANDS = [
    "demo",
    "synth",
    "init",
    "check",
    "run",
    "ingest",
    "features",
    "train",
    "score",
    "publish",
    "serve",
    "reidentify",
    "doctor",
    "backup",
    "restore",
    "purge",
]


def neighbourly(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the console script as a person would."""
    program = Path(sys.executable).with_name("neighbourly")
    return subprocess.run([str(program), *words], capture_output=True, text=True, check=False, timeout=300)


def test_help_names_every_command_of_the_contract() -> None:
    done = neighbourly("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", sorted(get_command(app).commands))  # type: ignore[attr-defined]
def test_every_command_and_option_has_help_that_80_columns_show_whole(command: str) -> None:
    """Rich would take words in square brackets for a colour and not show them."""
    found = get_command(app).commands[command]  # type: ignore[attr-defined]
    for asked in (found, *getattr(found, "commands", {}).values()):
        texts = [asked.help, *(option.help for option in asked.params)]
        assert all(texts), command
        assert [Text.from_markup(text).plain for text in texts] == texts
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert shown.exit_code == 0
    assert "Usage" in shown.output
    assert "…" not in shown.output.replace("FILL IN: …", "")
    assert max(map(len, shown.output.splitlines())) <= 80


def test_an_unknown_option_is_wrong_usage() -> None:
    assert neighbourly("run", "--nonsense").returncode == 2


def test_all_problems_of_a_configuration_are_reported_together_and_nothing_is_written(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[site]\nname = "X"\nlegal_bases = ["gp"]\n[run]\nhorizon = 365\n')
    done = neighbourly("run", "--config", str(site), "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    for word in ("legal_bases", "legal_basis", "horizon_days", "registrations", "admissions", "practices"):
        assert word in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_missing_configuration_is_reported_plainly(tmp_path: Path) -> None:
    done = neighbourly("check", "--config", str(tmp_path / "none.toml"))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
