"""Manages MLflow's database in the output folder: creates it in one step, moves it with its folder, and reports
problems."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from data_schemas import disk
from data_schemas.errors import RunFailed
from data_schemas.kept import kept

FILE, ARTIFACTS = "mlflow.db", "mlartifacts"
SERVER, DATABASE, DESTINATION = "MLFLOW_TRACKING_URI", "MLFLOW_BACKEND_STORE_URI", "MLFLOW_ARTIFACTS_DESTINATION"
"""Environment variables, with MLflow's names: a server, or a database and a location for artifacts outside the output
folder."""
LOCATIONS = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
"""Columns in which MLflow stores locations of artifacts, as absolute paths."""
MADE = ("alembic_version", "experiments")
"""Tables that a completely created database has."""
BUSY_SECONDS = 10
_making = threading.Lock()
"""Held while this process makes a database, so that whoever needs it waits."""


def elsewhere() -> str:
    """The server or database that is set. Empty if MLflow keeps its records in the output folder."""
    return os.environ.get(SERVER) or database()


def database() -> str:
    """The address of the database that is set, with the driver of the extra `postgres`. Empty if none is set."""
    given = os.environ.get(DATABASE, "")
    scheme, separator, rest = given.partition("://")
    return f"postgresql+psycopg2://{rest}" if separator and scheme in ("postgresql", "postgres") else given


def artifacts(out: Path) -> str:
    """The location of models' files: the one that is set, or else the output folder."""
    return os.environ.get(DESTINATION) or (out.resolve() / ARTIFACTS).as_uri()


def ready(out: Path) -> str:
    """Return the address of `<out>/mlflow.db`. Makes sure that it exists, is complete and belongs to this folder.

    Raises RunFailed if it is damaged or another program holds it.
    """
    path = out / FILE
    out.mkdir(parents=True, exist_ok=True)
    try:
        with _making:
            if not path.exists() or not _is_made(path):
                with disk.writing(path) as draft:
                    _make(draft)
            _move_in(path, out)
    except sqlite3.DatabaseError as error:
        raise RunFailed(f"{path}: {_why(error)}") from None
    return disk.sqlite_address(path)


def _is_made(path: Path) -> bool:
    """Whether the database was created completely. If a run was killed while it created one, the database is still
    empty."""
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return set(MADE) <= tables and database.execute("SELECT count(*) FROM alembic_version").fetchone() != (0,)


def _make(path: Path) -> None:
    """Write a database without records. MLflow takes a second to make one, so the first is kept."""
    path.write_bytes(kept(f"mlflow-{version('mlflow')}.db", _empty))


def _empty() -> bytes:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    make: Any = SqlAlchemyStore
    with tempfile.TemporaryDirectory(prefix="neighbourly-mlflow-") as folder:
        path = Path(folder) / FILE
        make(disk.sqlite_address(path), (Path(folder) / ARTIFACTS).as_uri()).engine.dispose()
        return path.read_bytes()


def _move_in(path: Path, out: Path) -> None:
    """Correct the locations of artifacts in a database whose folder was moved or copied."""
    home = (out / ARTIFACTS).as_uri()
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as database, database:
        for table, columns in LOCATIONS.items():
            for column in columns:
                places = database.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()  # noqa: S608 - our own names
                moved = [(new, old) for (old,) in places if (new := _at_home(old, home)) != old]
                database.executemany(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", moved)  # noqa: S608


def _at_home(location: str | None, home: str) -> str | None:
    """Change a location in the artifacts of another output folder to one in this folder. Leave other locations
    unchanged."""
    if not location or not location.startswith(("file:", "/")):
        return location
    before, separator, rest = f"{location}/".rpartition(f"/{ARTIFACTS}/")
    return f"{home}/{rest}".rstrip("/") if separator and before else location


def at_home(out: Path) -> None:
    """Make this process read and write artifacts in this output folder, even if MLflow recorded another location.

    An external database may have records of several folders, or of the original of a copy, so its records do not
    change. Nothing changes if a server or a location for artifacts is set.
    """
    from mlflow.store.artifact import artifact_repository_registry as registry
    from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

    home = "" if os.environ.get(SERVER) or os.environ.get(DESTINATION) else artifacts(out)

    def made(uri: str, *more: Any, **named: Any) -> Any:
        return LocalArtifactRepository(_at_home(uri, home) or uri if home else uri, *more, **named)

    known: Any = registry._artifact_repository_registry  # noqa: SLF001 - it offers nothing else
    for scheme in ("", "file"):
        known.register(scheme, made)


def _why(error: sqlite3.DatabaseError) -> str:
    if "locked" in str(error) or "busy" in str(error):
        return "another program holds MLflow's database: wait for it, or stop it (`neighbourly serve`, a copy, a backup), and run again"
    return (
        f"MLflow's database cannot be used ({type(error).__name__}): it is damaged. Put back the last backup (`neighbourly restore`), or "
        "move the file away: models are then trained again, without what was registered before"
    )


def problem(out: Path) -> str:
    """Describe what is wrong with the database of an output folder. Empty if nothing is wrong, or there is no database
    yet."""
    path = out / FILE
    if not path.exists():
        return ""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1)) as database:
            [(result,)] = database.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        return f"{path}: {_why(error)}"
    return "" if result == "ok" else f"{path}: {_why(sqlite3.DatabaseError(result))}"
