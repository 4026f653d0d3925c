"""The demo releases prepared lists, and the commands that it prints work."""

from __future__ import annotations

import datetime as dt
import json
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import polars as pl
import pytest

from flows.cli import commands, synth
from flows.demo import to_look_at, walk
from flows.demo_months import late, released, worked_through
from pipeline.ledger.feedback import files, read
from pipeline.release import audit

AS_OF = dt.date(2026, 4, 1)


ONE_AFTER_ANOTHER = """
import json, sys
from flows.cli import command
from flows.environment import prepare
prepare()
codes = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["neighbourly", *words]
    codes.append(command())
print(json.dumps(codes))
"""
"""The exit codes of several commands from one process: starting a process for each takes seconds."""


@pytest.fixture
def walked(out: Path) -> tuple[Path, list[str]]:
    """The output folder after the walk, and what was printed."""
    return out, list(walk(out, AS_OF))


def test_lists_are_held_back_released_named_and_the_log_broken(walked: tuple[Path, list[str]]) -> None:
    out, said = walked
    assert [entry.action for entry in audit.read(out / "audit")][:2] == ["rejected", "approved"]
    assert "was rejected" in said[0]
    assert "18 files to 2 clusters" in said[1]
    assert "0 files sent, 18 there already" in said[2]
    assert "3 people of the list named" in said[3]
    assert audit.verify(out / "audit") == []
    assert audit.verify(out / "broken-by-hand" / "audit") != []
    named = pl.read_csv(out / "practice" / "X00001" / "risk-list-identified.csv")
    assert named["name"].null_count() == 0
    assert named["person_id"].to_list() == ["p0", "p1", "p2"]


def test_every_file_is_there_and_every_command_works_as_printed(walked: tuple[Path, list[str]]) -> None:
    out, _ = walked
    lines = [line for _, lines in to_look_at(out, out / str(AS_OF)) for line in lines]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith(".venv/bin/neighbourly")]
    assert all(Path(line).exists() for line in lines if not line.startswith(".venv"))
    assert [command[0] for command in commands] == ["reject", "approve", "reidentify", "audit", "audit", "serve"]
    done = subprocess.run(
        [sys.executable, "-c", ONE_AFTER_ANOTHER, json.dumps(commands[:-1])], capture_output=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [0, 0, 0, 0, 1]


def test_outcomes_come_back_as_people_write_them_one_of_them_not_a_date(out: Path, tmp_path: Path) -> None:
    (said,) = released(out, AS_OF, "looked at")
    assert "nothing was delivered before" in said
    folder = tmp_path / "feedback"
    assert worked_through(out, AS_OF, folder).startswith("5 outcomes come back")
    late(out, AS_OF, folder)
    found = read(files(folder), AS_OF)
    assert [(one.row, "outcome_date cannot be read" in one.problem) for one in found.set_aside] == [(6, True)]
    assert found.rows.height == 4 + 5


@pytest.mark.parametrize("slower", ["loaded", "invented"])
def test_the_run_begins_when_libraries_are_loaded_and_people_invented(
    slower: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def finish(what: str) -> None:
        time.sleep(0.3 if what == slower else 0)
        done.append(what)

    def run(*_: object) -> None:
        done.append("begun")
        raise InterruptedError

    monkeypatch.setattr(commands, "early_server", nullcontext)
    monkeypatch.setattr(commands, "demo", lambda: finish("loaded"))
    monkeypatch.setattr(commands, "processes", lambda: ThreadPoolExecutor(1))
    monkeypatch.setattr(commands, "parameters", run)
    monkeypatch.setattr(synth, "demo_borough", lambda *_: finish("invented"))
    with pytest.raises(InterruptedError):
        commands.make_demo(2000, tmp_path)
    assert done[1:] == [slower, "begun"]
