"""A backup is whole, checked, and can be put back elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from data_schemas.errors import ConfigurationError, RunFailed
from flows.access import FILE, ensure
from flows.backup import backup, restore


@pytest.fixture
def kept(out: Path) -> Path:
    """An output folder with a run, a database and passwords."""
    with sqlite3.connect(out / "mlflow.db") as database:
        database.execute("CREATE TABLE runs AS SELECT 1 AS x")
    database.close()
    ensure(out, {"approver": ["A. Lead"]})
    return out


def content(folder: Path) -> dict[str, bytes]:
    """Every file but locks, passwords and the database."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".lock", ".db"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files if path.name != FILE}


def test_it_comes_back_elsewhere_as_it_was(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("elsewhere")
    told = backup(kept, place / "copy.tar")
    assert (place / "copy.tar").stat().st_mode & 0o777 == 0o600
    restore(place / "copy.tar", place / "new" / "out")
    found = content(place / "new" / "out")
    assert found == content(kept)
    assert told["files"] == len(found) + 1
    assert sqlite3.connect(place / "new" / "out" / "mlflow.db").execute("SELECT x FROM runs").fetchall() == [(1,)]
    assert not (place / "new" / "out" / FILE).exists()
    modes = {path.stat().st_mode & 0o077 for path in (place / "new" / "out").rglob("*")}
    assert modes == {0}


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
    with pytest.raises(ConfigurationError, match="lies in the folder"):
        backup(kept, kept / "copy.tar")
