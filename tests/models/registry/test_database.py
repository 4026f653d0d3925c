"""MLflow's database in the output folder is complete, moves with its folder, and problems with it are reported."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from data_schemas.compiling import cache_folder
from data_schemas.errors import RunFailed
from models.registry import database
from models.registry.client import connect, experiment
from models.registry.database import FILE, ready

pytestmark = pytest.mark.filterwarnings("ignore")
"""Ignore warnings, because MLflow uses deprecated parts of its libraries."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder whose database has a run with an artifact. Its name has a meaning in an address."""
    out = tmp_path_factory.mktemp("first") / "100%25 what?#ü [a]" / "out"
    client = connect(out / "store")
    run = client.create_run(experiment(client, "neighbourly/Wigan", out / "store"))
    client.log_text(run.info.run_id, "of the first", "card.md")
    return out


def artifacts(out: Path) -> dict[str, str]:
    """Path and content of every artifact of an output folder."""
    found = (out / "mlartifacts").rglob("card*.md")
    return {path.relative_to(out).name: path.read_text() for path in found}


def test_a_copy_reads_its_own_artifacts_and_writes_to_itself(made: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    before = artifacts(made)
    client = connect(copy / "store")
    where = experiment(client, "neighbourly/Wigan", copy / "store")
    [run] = client.search_runs([where])
    assert str(copy) in run.info.artifact_uri
    client.log_text(run.info.run_id, "of the copy", "card-2.md")
    new = client.create_run(where)
    client.log_text(new.info.run_id, "of the copy", "card-3.md")
    assert artifacts(made) == before
    assert artifacts(copy) == {**before, "card-2.md": "of the copy", "card-3.md": "of the copy"}


KILLED_WHILE_MADE = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
@event.listens_for(Engine, "before_cursor_execute")
def kill(conn, cursor, statement, *_):
    if "CREATE TABLE runs" in statement:
        os.kill(os.getpid(), signal.SIGKILL)
from models.registry.client import connect
connect(Path(sys.argv[1]) / "store")
"""


def test_killed_while_it_is_made_leaves_none(tmp_path: Path) -> None:
    out, command = tmp_path / "out", [sys.executable, "-c", KILLED_WHILE_MADE, str(tmp_path / "out")]
    none_kept = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "NUMBA_CACHE_DIR": str(cache_folder())}
    killed = subprocess.run(command, env=none_kept, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (out / FILE).exists()
    assert connect(out / "store").search_registered_models() == []


def test_one_that_was_left_half_made_is_made_again(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / FILE).execute("CREATE TABLE experiments (x)").connection.close()
    assert connect(tmp_path / "store").search_registered_models() == []


@pytest.mark.parametrize(
    "damage", [lambda data: b"no database" * 100, lambda data: data[:5000] + os.urandom(len(data) - 5000)]
)
def test_a_damaged_one_is_named_with_what_to_do(made: Path, tmp_path: Path, damage) -> None:
    (tmp_path / FILE).write_bytes(damage((made / FILE).read_bytes()))
    with pytest.raises(RunFailed, match=rf"{FILE}.*damaged.*restore"):
        ready(tmp_path)


def test_one_that_another_program_holds_is_named(made: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("models.registry.database.BUSY_SECONDS", 0.1)
    shutil.copy(made / FILE, tmp_path)
    holder = sqlite3.connect(tmp_path / FILE)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RunFailed, match="another program holds"):
        ready(tmp_path)
    holder.close()


def test_an_empty_database_is_made_once_for_all_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    of_first = connect(tmp_path / "first" / "store").get_experiment("0").artifact_location
    monkeypatch.setattr(database, "_empty", lambda: pytest.fail("it was kept"))
    of_second = connect(tmp_path / "second" / "store").get_experiment("0").artifact_location
    assert of_second == of_first.replace("first", "second")
    assert of_second.startswith((tmp_path / "second").as_uri())
