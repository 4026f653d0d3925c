"""A backup is complete and checked, and can be restored in another place."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from flows.access import FILE, ensure
from flows.backup import backup, restore
from tests.postgres import cluster


@pytest.fixture
def kept(out: Path) -> Path:
    """An output folder with a run, a database and passwords."""
    with sqlite3.connect(out / "mlflow.db") as database:
        database.execute("CREATE TABLE runs AS SELECT 1 AS x")
    database.close()
    ensure(out, {"approver": ["A. Lead"]})
    return out


def content(folder: Path) -> dict[str, bytes]:
    """Content of every file except locks, passwords and the database."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".lock", ".db"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files if path.name != FILE}


def test_it_comes_back_elsewhere_as_it_was(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    result = backup(kept, place / "copy.tar")
    assert (place / "copy.tar").stat().st_mode & 0o777 == 0o600
    restore(place / "copy.tar", place / "new" / "out")
    found = content(place / "new" / "out")
    assert found == content(kept)
    assert result["files"] == len(found) + 1
    assert sqlite3.connect(place / "new" / "out" / "mlflow.db").execute("SELECT x FROM runs").fetchall() == [(1,)]
    assert not (place / "new" / "out" / FILE).exists()
    modes = {path.stat().st_mode & 0o077 for path in (place / "new" / "out").rglob("*")}
    assert modes == {0}


def test_a_file_that_would_be_outside_the_folder_is_refused(tmp_path: Path) -> None:
    listed = {"code": "", "made": "", "files": {"../planted": hashlib.sha256(b"x").hexdigest()}}
    with tarfile.open(tmp_path / "copy.tar", "w") as archive:
        for name, text in (("backup.json", json.dumps(listed).encode()), ("../planted", b"x")):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    with pytest.raises(RunFailed, match="planted: would be written outside the folder"):
        restore(tmp_path / "copy.tar", tmp_path / "new" / "out")
    assert not list((tmp_path / "new").iterdir())


def test_databases_of_the_same_name_stay_apart(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """For example if one folder contains the output folders of several sites."""
    (kept / "site").mkdir()
    with contextlib.closing(sqlite3.connect(kept / "site" / "mlflow.db")) as database:
        database.execute("CREATE TABLE others AS SELECT 2 AS x")
    place = tmp_path_factory.mktemp("elsewhere")
    backup(kept, place / "copy.tar")
    restore(place / "copy.tar", place / "out")
    for name, table, row in (("mlflow.db", "runs", 1), ("site/mlflow.db", "others", 2)):
        with contextlib.closing(sqlite3.connect(place / "out" / name)) as database:
            assert database.execute(f"SELECT x FROM {table}").fetchall() == [(row,)]


def rows_of(address: str) -> list[tuple[int]]:
    import psycopg2

    with contextlib.closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT x FROM runs")
        return list(cursor.fetchall())


def test_postgresql_databases_are_in_it_and_come_back(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg2

    place = tmp_path_factory.mktemp("elsewhere")
    with cluster() as databases:
        address = databases.made("mlflow", "postgresql")
        with contextlib.closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE runs AS SELECT 7 AS x")
            connection.commit()
        monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", address)
        assert backup(kept, place / "copy.tar")["databases"] == ["mlflow"]
        monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", databases.made("again", "postgresql+psycopg2"))
        assert restore(place / "copy.tar", place / "out")["databases_loaded"] == ["mlflow"]
        assert rows_of(databases.made("other", "postgresql").replace("other", "again")) == [(7,)]
        assert not (place / "out" / "databases").exists()
        with pytest.raises(RunFailed, match=r"pg_restore failed.*check that the database exists and is empty"):
            restore(place / "copy.tar", place / "twice")
    monkeypatch.delenv("MLFLOW_BACKEND_STORE_URI")
    left = restore(place / "copy.tar", place / "without")
    assert left["databases_to_load"] == [str(place / "without" / "databases" / "mlflow.dump")]


def test_a_database_that_cannot_be_dumped_is_named_without_its_password(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", "postgresql+asyncpg://site:secret@127.0.0.1:9/prefect")
    with pytest.raises((RunFailed, ConfigurationError), match="PREFECT_API_DATABASE_CONNECTION_URL") as refused:
        backup(kept, place / "copy.tar")
    assert "secret" not in str(refused.value)
    assert list(place.iterdir()) == []


def damage(data: bytes) -> bytes:
    place = data.rindex(b"PAR1")
    return data[: place - 8] + b"????" + data[place - 4 :]


@pytest.mark.parametrize(
    "spoil", [damage, lambda data: data[: len(data) // 2], lambda _: b"", lambda _: b"no tar" * 999]
)
def test_a_damaged_backup_is_refused_and_leaves_nothing(
    kept: Path, tmp_path_factory: pytest.TempPathFactory, spoil: Callable[[bytes], bytes]
) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    backup(kept, place / "copy.tar")
    (place / "copy.tar").write_bytes(spoil((place / "copy.tar").read_bytes()))
    with pytest.raises(RunFailed, match="copy"):
        restore(place / "copy.tar", place / "out")
    assert [path.name for path in place.iterdir()] == ["copy.tar"]


def test_nothing_is_overwritten(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("elsewhere") / "copy.tar"
    backup(kept, place)
    with pytest.raises(ConfigurationError, match="is there already"):
        backup(kept, place)
    with pytest.raises(ConfigurationError, match="is not empty"):
        restore(place, kept)
    with pytest.raises(ConfigurationError, match="is inside the folder"):
        backup(kept, kept / "copy.tar")
